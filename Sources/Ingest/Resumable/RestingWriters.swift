import Digests
import Threading

/// Writers of uploads that wait for their next request, so that what they hashed need not be read again.
///
/// The one that rests for the longest goes first.
final class RestingWriters: Sendable {
    private struct Entry {
        var writer: any ResumableWriting
        /// What it computes besides SHA-256.
        var digests: Set<DigestAlgorithm>
        var number: Int
    }

    private struct State {
        var writers: [UploadID: Entry] = [:]
        var order: [Int: UploadID] = [:]
        var next = 0
        var oldest = 0
    }

    private let limit: Int
    private let state = Locked(State())

    init(limit: Int) {
        precondition(limit > 0)
        self.limit = limit
    }

    /// The writer must rest already.
    func put(_ writer: any ResumableWriting, computing digests: Set<DigestAlgorithm>, of id: UploadID) {
        state.withLock { state in
            state.writers[id] = Entry(writer: writer, digests: digests, number: state.next)
            state.order[state.next] = id
            state.next += 1
            guard state.writers.count > limit else { return }
            while true {
                defer { state.oldest += 1 }
                guard let oldest = state.order.removeValue(forKey: state.oldest) else { continue }
                state.writers[oldest] = nil
                return
            }
        }
    }

    /// Nil also for one that does not compute all of `digests`: it is of no use any more.
    func take(_ id: UploadID, computing digests: Set<DigestAlgorithm> = []) -> (any ResumableWriting)? {
        state.withLock { state in
            guard let entry = state.writers.removeValue(forKey: id) else { return nil }
            state.order[entry.number] = nil
            return digests.isSubset(of: entry.digests) ? entry.writer : nil
        }
    }
}
