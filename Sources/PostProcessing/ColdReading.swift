import Digests
import Ingest
import SystemPackage
import Threading

/// Reads a file from the device instead of the page cache.
///
/// All of it blocks.
final class ColdReading: Sendable {
    enum Failure: Error {
        case cancelled
        case errno(Errno)
    }

    /// Bytes of one read: the device is kept busy, and a cancellation waits for one only.
    private static let pieceSize = 1 << 20

    private let file: FileDescriptor
    private let calls: any FileCalls
    private let isCancelled = Locked(false)

    /// The descriptor stays the caller's.
    init(file: FileDescriptor, calls: any FileCalls) {
        self.file = file
        self.calls = calls
    }

    /// Ends a `digests` soon; from any thread.
    func cancel() {
        isCancelled.withLock { $0 = true }
    }

    func identity() throws(Failure) -> FileIdentity {
        try wrapping { () throws(Errno) in try calls.status(of: file).identity }
    }

    func attribute(_ name: String) throws(Failure) -> [UInt8]? {
        try wrapping { () throws(Errno) in try calls.attribute(name, of: file) }
    }

    /// The digests of what the device holds, SHA-256 and `others`, in one reading.
    ///
    /// Dropping the cached pages is advice that the kernel may decline, for pages not yet written for instance; the
    /// bytes are the file's all the same.
    func digests(_ others: Set<DigestAlgorithm>) throws(Failure) -> (
        sha256: SHA256Digest, others: [DigestAlgorithm: Digest]
    ) {
        do throws(Errno) { try calls.dropCachedPages(file) } catch {}
        var hash = StreamingDigests(others.union([.sha256]))
        var offset: Int64 = 0
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.pieceSize, alignment: 4096)
        defer { piece.deallocate() }
        while true {
            guard !isCancelled.withLock({ $0 }) else { throw .cancelled }
            let count = try wrapping { [offset] () throws(Errno) in
                try calls.read(into: piece, from: file, at: offset)
            }
            guard count > 0 else { break }
            hash.update(UnsafeRawBufferPointer(rebasing: piece[..<count]))
            offset += Int64(count)
        }
        var all = hash.finalize()
        guard let sha256 = all.removeValue(forKey: .sha256), let digest = SHA256Digest(sha256.bytes) else {
            preconditionFailure("SHA-256 is always computed, and has 32 bytes")
        }
        return (digest, all)
    }

    private func wrapping<Value>(_ call: () throws(Errno) -> Value) throws(Failure) -> Value {
        do {
            return try call()
        } catch {
            throw .errno(error)
        }
    }
}
