package import Ingest
import Threading

/// A ledger that forgets with the process and fails when told to.
///
/// Confirmations are applied with the next change or look-up of unfinished rows, as the real one delays them.
package final class InMemoryFileLedger: FileLedger {
    /// The mutating calls, as names of what is to fail.
    package enum Call: Sendable, Hashable {
        case recordPublication
        case movePublication
        case withdrawPublication
        case markGone
        case renewIdentity
        case beginDeletion
        case finishDeletion
        case revokeDeletion
        case replaceForeignFiles
    }

    /// What a failing call does.
    package enum Failure: Sendable {
        /// Nothing is changed, and the caller is told this.
        case nothingChanged(IngestError)
        /// The caller is told `.outcomeUnknown`; the change is kept or not.
        case outcomeUnknown(kept: Bool)
    }

    struct State {
        var rows: [FileID: FileRecord] = [:]
        var confirmations: [FileID] = []
        var nextFile: Int64 = 1
        var foreign: [BucketPath: ForeignFile] = [:]
        var failures: [Call: [Failure]] = [:]
        var calls: [Call] = []
        /// Files that went with their waiting jobs cancelled.
        var cancelled: Set<FileID> = []
    }

    let state = Locked(State())

    package init() {}

    /// The next calls of this kind fail so; later ones do not.
    package func failNext(_ call: Call, _ failure: Failure, times: Int = 1) {
        state.withLock { $0.failures[call] = Array(repeating: failure, count: times) }
    }

    /// Puts a row there as it is: the ledger that a crash left.
    package func insert(_ record: FileRecord) {
        state.withLock { state in
            state.rows[record.id] = record
            state.nextFile = max(state.nextFile, record.id.rawValue + 1)
        }
    }

    /// All rows by number, confirmations applied.
    package var rows: [FileRecord] {
        state.withLock { state in
            state.confirm()
            return state.rows.values.sorted { $0.id < $1.id }
        }
    }

    /// The mutating calls so far.
    package var calls: [Call] { state.withLock { $0.calls } }

    package func jobsAreCancelled(of file: FileID) -> Bool {
        state.withLock { $0.cancelled.contains(file) }
    }

    /// One transaction.
    func change<Value: Sendable>(
        _ call: Call,
        _ body: (inout State) throws(IngestError) -> Value
    ) throws(IngestError) -> Value {
        try state.withLock { state throws(IngestError) in
            state.calls.append(call)
            state.confirm()
            switch state.failures[call]?.popLast() {
            case nil:
                return try body(&state)
            case .nothingChanged(let error):
                throw error
            case .outcomeUnknown(let kept):
                if kept {
                    _ = try body(&state)
                }
                throw IngestError(.outcomeUnknown, "The commit has an unknown outcome.")
            }
        }
    }
}

extension InMemoryFileLedger.State {
    mutating func confirm() {
        for file in confirmations {
            guard rows[file]?.state == .publishing else { continue }
            rows[file]?.state = .published
            if let replaced = rows[file]?.replaces, rows[replaced]?.state.holdsName == true {
                rows[replaced]?.state = .superseded
            }
        }
        confirmations = []
    }

    /// Rows that call the path theirs, but for `keeping`, are gone.
    mutating func free(_ path: BucketPath, keeping: FileID?, _ held: Set<FileID>) {
        for row in rows.values where row.path == path && row.id != keeping && row.state.holdsName {
            rows[row.id]?.state = .gone
            if !held.contains(row.id) {
                cancelled.insert(row.id)
            }
        }
    }

    /// Whether a publication under the path is not finished.
    func isAwaited(_ path: BucketPath) -> Bool {
        rows.values.contains { $0.path == path && $0.state == .publishing }
    }

    func row(at path: BucketPath) -> FileRecord? {
        let unfinished = rows.values.first { $0.path == path && $0.state == .publishing }
        guard let unfinished, !confirmations.contains(unfinished.id) else {
            return unfinished ?? rows.values.first { $0.path == path && $0.state.holdsName }
        }
        return rows.values.first { $0.path == path && $0.state.holdsName } ?? unfinished
    }
}
