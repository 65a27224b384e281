import Ingest
import SystemPackage
import Threading

/// Group commit of fsync(2) on directories.
final class GroupSync: Sendable {
    private enum Signal {
        case lead
        case done
        case failed
    }
    private typealias Waiter = CheckedContinuation<Signal, Never>

    private let calls: any FileCalls
    private let threads: BlockingThreads
    private let health: Health
    private let groups = Locked<[DirectoryKey: GroupSyncState<Waiter>]>([:])

    init(calls: any FileCalls, threads: BlockingThreads, health: Health) {
        self.calls = calls
        self.threads = threads
        self.health = health
    }

    /// Returns when what was done in the directory before the call is on stable storage.
    ///
    /// Throws `.outcomeUnknown` only; then health is red, for good.
    func sync(_ directory: DirectoryHandle) async throws(IngestError) {
        switch await arrive(at: directory.key) {
        case .done: return
        case .failed: throw Self.failure(nil)
        case .lead: try await lead(directory)
        }
    }

    /// Syncs each directory once, all at the same time.
    func sync(_ directories: [DirectoryHandle]) async throws(IngestError) {
        let distinct = Array(Dictionary(directories.map { ($0.key, $0) }) { first, _ in first }.values)
        if distinct.count == 1 {
            return try await sync(distinct[0])
        }
        let failure = await withTaskGroup(of: IngestError?.self) { group in
            for directory in distinct {
                group.addTask {
                    do throws(IngestError) {
                        try await self.sync(directory)
                        return nil
                    } catch {
                        return error
                    }
                }
            }
            return await group.reduce(nil) { $0 ?? $1 }
        }
        if let failure {
            throw failure
        }
    }

    private func arrive(at key: DirectoryKey) async -> Signal {
        await withCheckedContinuation { continuation in
            let signal = groups.withLock { groups -> Signal? in
                var group = groups[key] ?? GroupSyncState()
                defer { groups[key] = group }
                switch group.arrive() {
                case .lead: return .lead
                case .failed: return .failed
                case .wait:
                    group.wait(continuation)
                    return nil
                }
            }
            if let signal {
                continuation.resume(returning: signal)
            }
        }
    }

    private func lead(_ directory: DirectoryHandle) async throws(IngestError) {
        let outcome = await threads.result { [calls, groups] () throws(Errno) in
            // On the thread, not before: who arrives while the thread is still busy elsewhere goes along.
            groups.withLock { $0[directory.key]?.begin() }
            try calls.syncDirectory(directory.descriptor)
        }
        switch outcome {
        case .success:
            finish(directory.key)
        case .failure(let error):
            health.fail("a directory could not be synced: \(error)")
            let all = groups.withLock { $0[directory.key]?.fail() ?? [] }
            for waiter in all {
                waiter.resume(returning: .failed)
            }
            throw Self.failure(error)
        }
    }

    private func finish(_ key: DirectoryKey) {
        let (done, leader) = groups.withLock { groups -> ([Waiter], Waiter?) in
            guard let (done, next) = groups[key]?.succeed() else { return ([], nil) }
            switch next {
            case .idle:
                groups[key] = nil
                return (done, nil)
            case .next(let leader):
                return (done, leader)
            }
        }
        leader?.resume(returning: .lead)
        for waiter in done {
            waiter.resume(returning: .done)
        }
    }

    private static func failure(_ cause: Errno?) -> IngestError {
        IngestError(.outcomeUnknown, "The server's storage failed; whether the file was kept is unknown.", cause: cause)
    }
}
