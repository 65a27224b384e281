import Threading

/// The chunks of a body that is not read from a connection.
final class ChunkList: Sendable {
    private let chunks: Locked<ArraySlice<[UInt8]>>
    private let failure: RequestBodyError?

    init(_ chunks: [[UInt8]], failure: RequestBodyError?) {
        self.chunks = Locked(chunks[...])
        self.failure = failure
    }

    func next() throws -> [UInt8]? {
        if let chunk = chunks.withLock({ $0.popFirst() }) { return chunk }
        if let failure { throw failure }
        return nil
    }
}
