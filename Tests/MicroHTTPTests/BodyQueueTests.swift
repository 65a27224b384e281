import Testing

@testable import MicroHTTP

@Suite struct BodyQueueTests {
    private static let piece = [UInt8](repeating: 7, count: 128 << 10)

    private static func fill(_ queue: inout BodyQueue, bytes: Int) {
        for _ in 0..<(bytes / piece.count) {
            piece.withUnsafeBytes { queue.append($0) }
        }
    }

    private static func address(of chunk: [UInt8]?) -> UnsafeRawPointer? {
        chunk?.withUnsafeBytes { $0.baseAddress }
    }

    @Test func bytesComeInTheirOrderInChunksUpToTheLimit() {
        var queue = BodyQueue()
        let bytes = (0..<(4 * BodyQueue.chunkLimit)).map { UInt8(truncatingIfNeeded: $0 / 1000) }
        for start in stride(from: 0, to: bytes.count, by: 100_000) {
            bytes[start..<min(start + 100_000, bytes.count)].withUnsafeBytes { queue.append($0) }
        }
        #expect(queue.count == bytes.count)
        var received: [UInt8] = []
        while let chunk = queue.next() {
            #expect(chunk.count <= BodyQueue.chunkLimit)
            received += chunk
            #expect(queue.takeBack() == chunk.count)
        }
        #expect(received == bytes)
        #expect(queue.isEmpty)
    }

    /// The writer is behind: a whole chunk always waits for it.
    @Test func aFastBodyGoesRoundInTheSameStorage() throws {
        var queue = BodyQueue()
        var addresses: Set<UnsafeRawPointer> = []
        Self.fill(&queue, bytes: 3 * BodyQueue.chunkLimit)
        for _ in 0..<50 {
            addresses.insert(try #require(Self.address(of: queue.next())))
            _ = queue.takeBack()
            Self.fill(&queue, bytes: BodyQueue.chunkLimit)
        }
        #expect(queue.count == 3 * BodyQueue.chunkLimit)
        // The one that is lent, two that wait, one that fills, and one to spare.
        #expect(addresses.count <= 5)
    }
}
