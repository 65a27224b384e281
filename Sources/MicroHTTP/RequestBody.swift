/// The bytes of a request's body, in chunks of up to 512 KiB, as they come in.
///
/// Single pass: a second iterator goes on where the first stopped, and two must not wait at once. A chunk's bytes are on
/// the server's memory budget until the next call of `next()`, which holds the client back; a handler that only wants
/// the body to be gone need not read it. `next()` throws `RequestBodyError` when the body ends before its end, and
/// `CancellationError` in a cancelled task.
package struct RequestBody: AsyncSequence, Sendable {
    package typealias Element = [UInt8]

    private enum Source: Sendable {
        case exchange(Exchange)
        case chunks(ChunkList)
    }

    private let source: Source
    /// The Content-Length, 0 when there is no body, nil for a chunked body.
    package let declaredLength: Int64?

    /// Whether it is known that there is no body.
    package var isEmpty: Bool { declaredLength == 0 }

    init(_ exchange: Exchange, declaredLength: Int64?) {
        source = .exchange(exchange)
        self.declaredLength = declaredLength
    }

    /// A body that is there already, for tests of handlers.
    ///
    /// `failure` is thrown after the chunks.
    package init(_ chunks: [[UInt8]], isLengthDeclared: Bool = true, failure: RequestBodyError? = nil) {
        source = .chunks(ChunkList(chunks, failure: failure))
        declaredLength = isLengthDeclared ? Int64(chunks.reduce(0) { $0 + $1.count }) : nil
    }

    package func makeAsyncIterator() -> Iterator {
        Iterator(body: self)
    }

    package struct Iterator: AsyncIteratorProtocol {
        fileprivate let body: RequestBody

        package mutating func next() async throws -> [UInt8]? {
            try await body.next()
        }
    }

    private func next() async throws -> [UInt8]? {
        switch source {
        case .exchange(let exchange): try await exchange.nextChunk()
        case .chunks(let chunks): try chunks.next()
        }
    }
}
