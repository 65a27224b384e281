import Threading

/// Writers of uploads that wait for their next request, so that what they hashed need not be read again.
///
/// The one that rests for the longest goes first.
final class RestingWriters: Sendable {
    private struct State {
        var writers: [UploadID: (writer: any ResumableWriting, number: Int)] = [:]
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
    func put(_ writer: any ResumableWriting, of id: UploadID) {
        state.withLock { state in
            state.writers[id] = (writer, state.next)
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

    func take(_ id: UploadID) -> (any ResumableWriting)? {
        state.withLock { state in
            guard let (writer, number) = state.writers.removeValue(forKey: id) else { return nil }
            state.order[number] = nil
            return writer
        }
    }
}
