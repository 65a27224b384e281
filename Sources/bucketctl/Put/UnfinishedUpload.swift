import FoundationEssentials
import Glibc
import SystemPackage

/// What is remembered of one upload; locked (flock(2)) as long as this lives.
final class UnfinishedUpload: Sendable {
    struct Key: Hashable, Codable, Sendable {
        var server: String
        var name: String
        var source: SourceIdentity
        var isNew: Bool
    }

    private struct Content: Codable {
        var key: Key
        var resource: String
    }

    /// The resource of an upload of the same file; it may hold a ticket, so nobody else may read the record.
    let resource: String?
    /// The resource of one that is to be given up: the file is another, or has changed.
    let stale: String?
    private let file: FileDescriptor
    private let path: FilePath
    private let key: Key

    private static let limit = 16 << 10

    init(_ file: FileDescriptor, _ path: FilePath, _ key: Key) {
        self.file = file
        self.path = path
        self.key = key
        // What a kill cut off while it was written is no record.
        let content = Self.bytes(of: file).flatMap { try? JSONDecoder().decode(Content.self, from: Data($0)) }
        resource = content?.key == key ? content?.resource : nil
        stale = content?.key == key ? nil : content?.resource
    }

    deinit {
        // What was written was checked when it was.
        try? file.close()
    }

    /// Throws `.local`.
    func save(_ resource: String) throws(ClientError) {
        do {
            let bytes = Array(try JSONEncoder().encode(Content(key: key, resource: resource)))
            guard ftruncate(file.rawValue, 0) == 0 else { throw Errno(rawValue: errno) }
            _ = try file.writeAll(toAbsoluteOffset: 0, bytes)
        } catch {
            throw ClientError(.local, "\(path): \(error)", cause: error)
        }
    }

    var isEmpty: Bool {
        var status = stat()
        return fstat(file.rawValue, &status) == 0 && status.st_size == 0
    }

    /// There is nothing to go on with.
    func remove() {
        unlink(path.string)
    }

    private static func bytes(of file: FileDescriptor) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: limit)
        var end = 0
        while end < limit {
            let count = bytes.withUnsafeMutableBytes { buffer in
                try? file.read(
                    fromAbsoluteOffset: Int64(end),
                    into: UnsafeMutableRawBufferPointer(rebasing: buffer[end...])
                )
            }
            guard let count else { return nil }
            if count == 0 { break }
            end += count
        }
        return Array(bytes[..<end])
    }
}
