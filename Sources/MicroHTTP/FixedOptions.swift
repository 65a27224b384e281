/// Options and handler as they were at one moment, for a request or a look at all connections.
///
/// A class, for a request may live for hours and there are thousands.
final class FixedOptions: Sendable {
    let value: HTTPServerOptions
    let handler: RequestHandler

    init(_ value: HTTPServerOptions, handler: @escaping RequestHandler) {
        self.value = value
        self.handler = handler
    }
}

extension HTTPServerOptions {
    /// These, with what may change while a server runs of others: limits, times, whom to trust and what TLS shows of us, but
    /// neither sockets, threads nor the memory for bodies.
    func adopting(_ other: HTTPServerOptions) -> HTTPServerOptions {
        var options = self
        options.connectionLimit = other.connectionLimit
        options.connectionsPerAddress = other.connectionsPerAddress
        options.credentials = other.credentials
        options.headerTimeout = other.headerTimeout
        options.idleTimeout = other.idleTimeout
        options.minRate = other.minRate
        options.minRateGrace = other.minRateGrace
        options.maxUploadTime = other.maxUploadTime
        options.downloadStall = other.downloadStall
        options.interimResponses = other.interimResponses
        options.trustedProxies = other.trustedProxies
        options.shutdownTimeout = other.shutdownTimeout
        return options
    }
}
