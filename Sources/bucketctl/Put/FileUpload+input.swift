import Digests
import HTTPTypes
import Outbound
import SystemPackage

extension FileUpload {
    /// What has an end soon is uploaded as a file of that size; else it goes on while it is read, and then cannot be
    /// tried again.
    func standardInput() async throws(ClientError) -> PutResult {
        let limit = Int(options.resumableFrom)
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count <= limit {
            let count: Int
            do {
                count = try piece.withUnsafeMutableBytes { try FileDescriptor.standardInput.read(into: $0) }
            } catch {
                throw ClientError(.local, "\(error)", cause: error)
            }
            guard count > 0 else { return try await whole(bytes) }
            bytes += piece.prefix(count)
        }
        let content = InputContent(begin: bytes, moved: moved)
        let response = try await server.send(.put, server.url(ofFile: item.name), fields: fields(), content: content)
        let (own, size) = content.end
        try StoredAnswer(response).require(own)
        return result(own, size: size)
    }
}

/// Standard input, of which the beginning was read.
private final class InputContent: RequestContent, @unchecked Sendable {
    // Proof: it is reached from the one transfer that it belongs to, and from its task after that has ended.
    private var begin: ArraySlice<UInt8>
    private let beginning: [UInt8]
    private var digest = StreamingDigest(.sha256)
    private var size: Int64 = 0
    private var hasReadOn = false
    private let moved: @Sendable (Int64) -> Void

    init(begin: [UInt8], moved: @escaping @Sendable (Int64) -> Void) {
        self.begin = begin[...]
        beginning = begin
        self.moved = moved
    }

    var length: Int64? { nil }
    /// The digest and size of all, once it was read.
    var end: (Digest, Int64) { (digest.finalize(), size) }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        var count = min(begin.count, buffer.count)
        if count > 0 {
            buffer.copyBytes(from: begin.prefix(count))
            begin = begin.dropFirst(count)
        } else {
            hasReadOn = true
            count = try FileDescriptor.standardInput.read(into: buffer)
        }
        digest.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        size += Int64(count)
        moved(size)
        return count
    }

    func rewind() throws {
        guard !hasReadOn else {
            throw ClientError(.noAnswer, "The connection was lost, and standard input cannot be read again.")
        }
        (begin, digest, size) = (beginning[...], StreamingDigest(.sha256), 0)
    }
}
