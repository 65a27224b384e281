package import HTTPTypes

/// The bytes of a request's body, in chunks of any size, as they come in.
///
/// Single pass: a second iterator goes on where the first stopped, and two must not wait at once. A chunk's bytes are on
/// the server's memory budget until the next call of `next()`, which holds the client back; a handler that only wants
/// the body to be gone need not read it. `next()` throws `RequestBodyError` when the body ends before its end, but not
/// before it has handed over all that was received, also in a task that was cancelled because the client is gone; it
/// throws `CancellationError` when a cancelled task would have to wait.
package struct RequestBody: AsyncSequence, Sendable {
    package typealias Element = [UInt8]

    private enum Source: Sendable {
        case exchange(Exchange)
        case chunks(ChunkList)
        case reader(BodyReader)
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
    /// `failure` is thrown after the chunks; `interim` is given what the handler sends before its answer.
    package init(
        _ chunks: [[UInt8]],
        isLengthDeclared: Bool = true,
        failure: RequestBodyError? = nil,
        trailers: HTTPFields = [:],
        interim: @escaping @Sendable (InterimResponse) -> Bool = { _ in false }
    ) {
        source = .chunks(ChunkList(chunks, failure: failure, trailers: trailers, interim: interim))
        declaredLength = isLengthDeclared ? Int64(chunks.reduce(0) { $0 + $1.count }) : nil
    }

    /// A body of `length` bytes that is kept elsewhere: `next` returns the next of it, nil at its end.
    package init(length: Int64, reading next: @escaping @Sendable () async throws -> [UInt8]?) {
        source = .reader(BodyReader(next: next))
        declaredLength = length
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

    /// The fields behind a chunked body, once `next()` has returned nil; none before, and behind other bodies.
    ///
    /// At most 32 of at most 8 KiB together. Fields that must not be there (RFC 9110 section 6.5.1) are left out.
    package var trailers: HTTPFields {
        switch source {
        case .exchange(let exchange): exchange.trailers
        case .chunks(let chunks): chunks.trailers
        case .reader: [:]
        }
    }

    /// Ends the reading of the body: `next()` throws `interrupted` from now on, at once where it waits.
    ///
    /// For others than the handler; they may call it at any moment, more than once, and after the end, when it does
    /// nothing. What was received and not handed over is dropped, and the rest is not awaited: the handler's answer is
    /// sent, and closes the connection.
    package func interrupt() {
        switch source {
        case .exchange(let exchange): exchange.interrupt()
        case .chunks(let chunks): chunks.interrupt()
        case .reader: break
        }
    }

    func send(_ interim: InterimResponse) -> Bool {
        switch source {
        case .exchange(let exchange): exchange.send(interim)
        case .chunks(let chunks): chunks.interim(interim)
        case .reader: false
        }
    }

    /// What an iterator's does; a loop over this one has no iterator in its frame.
    package func next() async throws -> [UInt8]? {
        switch source {
        case .exchange(let exchange): try await exchange.nextChunk()
        case .chunks(let chunks): try chunks.next()
        case .reader(let reader): try await reader.next()
        }
    }
}

/// One word in the sequence, and in what waits for it.
private final class BodyReader: Sendable {
    let next: @Sendable () async throws -> [UInt8]?

    init(next: @escaping @Sendable () async throws -> [UInt8]?) {
        self.next = next
    }
}
