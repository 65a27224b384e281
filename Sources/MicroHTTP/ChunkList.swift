import HTTPTypes
import Threading

/// The chunks of a body that is not read from a connection.
final class ChunkList: Sendable {
    private struct State {
        var chunks: ArraySlice<[UInt8]>
        var failure: RequestBodyError?
        var isAtEnd = false
    }

    private let state: Locked<State>
    private let behind: HTTPFields
    let interim: @Sendable (InterimResponse) -> Bool

    var trailers: HTTPFields { state.withLock { $0.isAtEnd } ? behind : [:] }

    init(
        _ chunks: [[UInt8]],
        failure: RequestBodyError?,
        trailers: HTTPFields,
        interim: @escaping @Sendable (InterimResponse) -> Bool
    ) {
        state = Locked(State(chunks: chunks[...], failure: failure))
        behind = trailers
        self.interim = interim
    }

    func next() throws -> [UInt8]? {
        try state.withLock { state in
            if let chunk = state.chunks.popFirst() { return chunk }
            if let failure = state.failure { throw failure }
            state.isAtEnd = true
            return nil
        }
    }

    func interrupt() {
        state.withLock { state in
            guard !state.isAtEnd else { return }
            state.chunks = []
            state.failure = RequestBodyError(.interrupted)
        }
    }
}
