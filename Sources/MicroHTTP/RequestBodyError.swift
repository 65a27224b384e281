/// Why a request's body ends before its end; iterating the body throws it.
package struct RequestBodyError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        /// The peer is gone: nobody will read the response.
        case disconnected
        /// The body ended short of its Content-Length.
        case truncated
        /// The peer sent less than the minimum rate.
        case tooSlow
        /// The upload took longer than it may.
        case timedOut
        /// The server stops, and the time for its uploads is over.
        case shuttingDown
        /// The chunked coding is broken, or what follows it.
        case malformed
        /// `interrupt` was called; the connection is sound, and the answer reaches the client.
        case interrupted
    }

    package let code: Code

    package init(_ code: Code) {
        self.code = code
    }

    /// One sentence.
    package var description: String {
        switch code {
        case .disconnected: "The client closed the connection before the end of the body."
        case .truncated: "The body ended short of its Content-Length."
        case .tooSlow: "The client sent less than the minimum rate."
        case .timedOut: "The upload took longer than allowed."
        case .shuttingDown: "The server is shutting down."
        case .malformed: "The body's chunked coding is broken."
        case .interrupted: "Another request ended this one."
        }
    }
}
