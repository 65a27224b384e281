package import Digests
package import Ingest
import Threading

/// A ledger that forgets with the process.
///
/// Each file has one job. Confirmations are applied with the next change or look-up of unfinished rows, as the real
/// ledger delays them.
package final class InMemoryFileLedger: FileLedger {
    let state = Locked(State())
    let clock: any WallClock

    package init(clock: any WallClock = ManualTime().wallClock) {
        self.clock = clock
    }

    /// Puts a row there as it is: the ledger that a crash left.
    package func insert(_ record: FileRecord) {
        state.withLock { state in
            state.rows[record.id] = record
            state.nextFile = max(state.nextFile, record.id.rawValue + 1)
        }
    }

    /// Records a published file.
    ///
    /// What held the path is superseded.
    @discardableResult
    package func add(path: BucketPath, identity: FileIdentity, digest: SHA256Digest) -> FileRecord {
        state.withLock { state in
            let former = state.rows.values.first { $0.path == path && $0.state.holdsName }
            if let former {
                state.move(former.id, to: .superseded, at: clock.now())
            }
            let file = NewFile(
                path: path,
                upload: .random(),
                identity: identity,
                digest: digest,
                contentType: nil,
                originalName: nil,
                replaces: former?.id
            )
            var record = state.record(file, at: clock.now())
            state.move(record.id, to: .published, at: clock.now())
            record.state = .published
            return record
        }
    }

    /// As the end of a job does.
    package func recordDigests(_ digests: [DigestAlgorithm: Digest], of file: FileID) {
        state.withLock { $0.rows[file]?.digests.merge(digests) { $1 } }
    }

    package func setState(_ file: FileID, _ new: FileState) {
        state.withLock { $0.move(file, to: new, at: clock.now()) }
    }

    /// The row as it is, without a change of task.
    package func row(_ id: FileID) -> FileRecord? { state.withLock { $0.rows[id] } }

    /// All rows by number, confirmations applied.
    package var rows: [FileRecord] {
        state.withLock { state in
            state.confirm(at: clock.now())
            return state.rows.values.sorted { $0.id < $1.id }
        }
    }

    /// The state of the file's job; nil if it has none any more.
    package func job(of file: FileID) -> JobState? { state.withLock { $0.jobs[file] } }

    package func jobsAreCancelled(of file: FileID) -> Bool { job(of: file) == .cancelled }

    /// What a crash loses.
    package func forgetConfirmations() {
        state.withLock { $0.confirmations = [] }
    }

    /// Writes an event of now.
    package func addEvent() {
        state.withLock { $0.events.append(clock.now()) }
    }

    /// Events that are left.
    package var eventCount: Int { state.withLock { $0.events.count } }

    /// Told by the queue: rows of these files are not pruned.
    func keepRows(of files: Set<FileID>) {
        state.withLock { $0.filesWithJobs = files }
    }
}
