package import HTTPTypes
package import Logging

/// Answers one request.
///
/// Runs in a task of its own, which is cancelled when the client goes away; its answer is dropped then.
package typealias RequestHandler = @Sendable (Request) async -> Response

/// One HTTP request whose framing has been found sound.
///
/// A class because every suspended function on its way would hold a copy: with thousands of slow uploads that adds up.
package final class Request: Sendable {
    /// Unique in the process, for logs.
    package let id: UInt64
    package let method: HTTPRequest.Method
    package let target: RequestTarget
    /// Names are tokens, values hold no control characters but tabs; blanks around values are cut.
    package let headers: HTTPFields
    package let body: RequestBody
    /// Who sent the request: the other end of the connection, or whom trusted proxies name.
    package let peer: PeerAddress
    /// What trusted proxies tell of the request; nil: nothing.
    package var forwarded: ForwardedOrigin? { forwarding?.origin }
    private let forwarding: Forwarding?
    /// The address the request came in at.
    package let local: BoundAddress
    /// Whether the request is HTTP/1.1 or a later 1.x, whose `Host` is sure to be there.
    package let isHTTP11: Bool
    private let base: Logger

    /// Host and port that the request names: of an absolute target, else the `Host` field; nil in an HTTP/1.0 request
    /// without one.
    package var ownAuthority: String? { target.authority ?? HTTPField.Name("Host").flatMap { headers[$0] } }
    /// Host and port that the client meant, as trusted proxies tell, else as the request names them.
    package var authority: String? { forwarded?.authority ?? ownAuthority }
    /// Whether the connection is over TLS.
    package let isTLS: Bool
    /// What the client used, as trusted proxies tell, else what the connection is.
    package var scheme: String { forwarded?.scheme ?? (isTLS ? "https" : "http") }

    /// Whether a line of this level is written: making a logger for nothing costs each request its time.
    package func isLogged(at level: Logger.Level) -> Bool { level >= base.logLevel }

    /// For lines about the request; made anew each time, for most requests have none.
    package var logger: Logger {
        var logger = base
        logger[metadataKey: "request.id"] = "\(id)"
        logger[metadataKey: "http.method"] = "\(method.rawValue)"
        logger[metadataKey: "http.target"] = "\(target.withoutSecrets)"
        return logger
    }

    /// Sends an interim response, if the client can take one and the answer is not under way; from any task.
    ///
    /// Returns whether it is sent now or, where the server's own `100 Continue` may be under way or a chunked body is
    /// coming in, before any more of the body is read. Of small ones at most 8 KiB wait so. A client that has not taken
    /// what it was sent before gets no more. Over TLS they always wait for the library, which more of the body or its end
    /// moves.
    package func send(_ interim: InterimResponse) -> Bool {
        body.send(interim)
    }

    package init(
        id: UInt64,
        method: HTTPRequest.Method,
        target: RequestTarget,
        headers: HTTPFields,
        body: RequestBody,
        peer: PeerAddress,
        local: BoundAddress,
        isHTTP11: Bool = true,
        isTLS: Bool = false,
        forwarded: ForwardedOrigin? = nil,
        logger: Logger
    ) {
        self.id = id
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
        self.peer = forwarded?.client ?? peer
        forwarding = forwarded.map(Forwarding.init)
        self.local = local
        self.isHTTP11 = isHTTP11
        self.isTLS = isTLS
        base = logger
    }
}

/// Apart, because most requests have none.
private final class Forwarding: Sendable {
    let origin: ForwardedOrigin

    init(_ origin: ForwardedOrigin) {
        self.origin = origin
    }
}
