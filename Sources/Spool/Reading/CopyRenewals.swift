import CLinux
import Ingest
import SystemPackage
import Threading

/// Which restored or copied files are being compared with their records, and which were found different.
final class CopyRenewals: Sendable {
    private struct State {
        var pending: Set<FileID> = []
        var refuted: [FileID: FileIdentity] = [:]
        /// Why the last comparison of a file came to no end, until somebody asks.
        var failures: [FileID: IngestError] = [:]
        var isStopped = false
    }

    /// A restored bucket may hold millions of files: those beyond come up again when they are looked at again.
    private static let capacity = 1024

    private let calls: any FileCalls
    private let threads: BlockingThreads
    private let state = Locked(State())

    init(calls: any FileCalls, threads: BlockingThreads) {
        self.calls = calls
        self.threads = threads
    }

    /// Whether the caller is to compare this file now.
    func begin(_ file: FileID) -> Bool {
        state.withLock { state in
            guard !state.isStopped, state.pending.count < Self.capacity else { return false }
            return state.pending.insert(file).inserted
        }
    }

    func end(_ file: FileID, failure: IngestError? = nil) {
        state.withLock { state in
            state.pending.remove(file)
            if state.failures.count >= Self.capacity {
                state.failures = [:]
            }
            state.failures[file] = failure
        }
    }

    func isPending(_ file: FileID) -> Bool {
        state.withLock { $0.pending.contains(file) }
    }

    /// Told once: who asks again has the file compared again.
    func takeFailure(of file: FileID) -> IngestError? {
        state.withLock { $0.failures.removeValue(forKey: file) }
    }

    /// What is being read is given up; nothing is begun any more.
    func stop() {
        state.withLock { $0.isStopped = true }
    }

    var isStopped: Bool { state.withLock { $0.isStopped } }

    func isRefuted(_ file: FileID, _ identity: FileIdentity) -> Bool {
        state.withLock { $0.refuted[file] == identity }
    }

    func refute(_ file: FileID, _ identity: FileIdentity) {
        state.withLock { state in
            if state.refuted.count >= Self.capacity {
                state.refuted = [:]
            }
            state.refuted[file] = identity
        }
    }

    /// The SHA-256 of what has this path, if it is a regular file of this identity from beginning to end.
    ///
    /// Throws `.canceled` once stopped.
    func digest(
        of path: BucketPath,
        beneath bucket: FileDescriptor,
        _ identity: FileIdentity
    ) async throws(Errno) -> SHA256Digest? {
        try await threads.run { [self] () throws(Errno) -> SHA256Digest? in
            clinux_lower_thread_priority()
            let file = OwnedDescriptor(try calls.open(path.filePath, beneath: bucket, .readNonblocking), calls)
            guard try calls.status(of: file.raw).identity == identity else { return nil }
            var hasher = ContentHasher()
            var offset: Int64 = 0
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
            defer { buffer.deallocate() }
            while true {
                guard !isStopped else { throw .canceled }
                let count = try calls.read(into: buffer, from: file.raw, at: offset)
                guard count > 0 else { break }
                hasher.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                offset += Int64(count)
            }
            guard try calls.status(of: file.raw).identity == identity else { return nil }
            return hasher.finish()
        }
    }
}
