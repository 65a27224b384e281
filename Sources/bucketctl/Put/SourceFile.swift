import Digests
import Glibc
import SystemPackage

/// A file while it is uploaded: it is read, hashed on the way, and must stay as it is.
final class SourceFile: @unchecked Sendable {
    // Proof: it is reached from the task of its upload, and from the one transfer that this waits for.
    let identity: SourceIdentity
    private let descriptor: FileDescriptor
    private var digest = StreamingDigest(.sha256)
    /// So many bytes from the start are in the digest.
    private var hashed: Int64 = 0

    private static let pieceSize = 1 << 20

    /// Nil for standard input; throws `.local` for what cannot be read or is no regular file.
    init?(_ source: PutItem.Source) throws(ClientError) {
        do {
            switch source {
            case .file(let path):
                // Opening a pipe must not wait for its writer.
                descriptor = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .nonBlocking])
            case .inner(let path, let folder): descriptor = try folder.open(path)
            case .standardInput: return nil
            }
        } catch {
            throw ClientError(.local, "\(error)", cause: error)
        }
        var status = stat()
        guard fstat(descriptor.rawValue, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            try? descriptor.close()
            throw ClientError(.local, "It is no regular file.")
        }
        identity = SourceIdentity(status)
    }

    deinit {
        // Opened for reading: nothing is lost with an error here.
        try? descriptor.close()
    }

    var size: Int64 { identity.size }

    /// Fills the buffer with what is at the offset; 0 at the end of the file.
    ///
    /// Throws `.changed` at the latest with the last bytes. What was not hashed yet is, if it follows what was.
    func read(at offset: Int64, into buffer: UnsafeMutableRawBufferPointer) throws(ClientError) -> Int {
        let wanted = Int(min(Int64(buffer.count), size - offset))
        guard wanted > 0 else {
            try requireUnchanged()
            return 0
        }
        let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted])
        let count: Int
        do {
            count = try descriptor.read(fromAbsoluteOffset: offset, into: part)
        } catch {
            throw ClientError(.local, "\(error)", cause: error)
        }
        guard count > 0 else { throw Self.changed }
        let end = offset + Int64(count)
        if (offset..<end).contains(hashed) {
            digest.update(UnsafeRawBufferPointer(rebasing: part[Int(hashed - offset)..<count]))
            hashed = end
        }
        if end == size { try requireUnchanged() }
        return count
    }

    /// Reads what is missing for the digest of the first `end` bytes.
    func hash(upTo end: Int64) throws(ClientError) {
        guard hashed < end else { return }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.pieceSize, alignment: 16)
        defer { buffer.deallocate() }
        while hashed < end {
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<Int(min(Int64(buffer.count), end - hashed))])
            _ = try read(at: hashed, into: part)
        }
    }

    /// The digest of the whole file; reads what was not read before.
    func wholeDigest() throws(ClientError) -> Digest {
        try hash(upTo: size)
        try requireUnchanged()
        return digest.finalize()
    }

    func bytes() throws(ClientError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Int(size))
        var end = 0
        while end < bytes.count {
            // Typed throws do not go through the closure.
            let outcome: Result<Int, ClientError> = bytes.withUnsafeMutableBytes { buffer in
                Result { () throws(ClientError) in
                    try read(at: Int64(end), into: UnsafeMutableRawBufferPointer(rebasing: buffer[end...]))
                }
            }
            end += try outcome.get()
        }
        try requireUnchanged()
        return bytes
    }

    func requireUnchanged() throws(ClientError) {
        var status = stat()
        guard fstat(descriptor.rawValue, &status) == 0, SourceIdentity(status) == identity else { throw Self.changed }
    }

    private static var changed: ClientError { ClientError(.changed, "The file changed while it was read.") }
}
