/// Settings of a server.
///
/// Durations and counts of 0 mean "no limit" where the comment says so.
package struct HTTPServerOptions: Sendable {
    package var listen: [ListenAddress] = [.tcp(host: "127.0.0.1", port: 8080)]
    /// What connections over TLS are served with that begin from now on; must be there where an address is one for TLS.
    package var credentials: TLSCredentials?
    /// Threads of the HTTP library; as many again serve connections over TLS.
    package var workers: Int
    /// Open connections; more are answered 503 and closed.
    ///
    /// Over TLS that takes a handshake and a request: besides these a few are open for as long as that takes, some of them
    /// of one address.
    package var connectionLimit = 4096
    /// Of these, of one IPv4 address or one IPv6 /64; 0 for no limit.
    package var connectionsPerAddress = 0
    /// From a connection's start, or the first byte of a further request, to the end of the header section; zero for no
    /// limit.
    ///
    /// On Unix sockets `idleTimeout` bounds a further request's.
    package var headerTimeout = Duration.seconds(10)
    /// How long a connection may wait for its next request; zero for no limit.
    package var idleTimeout = Duration.seconds(75)
    /// Bytes per second a body must come in at once `minRateGrace` is over, and a response be taken at once
    /// `downloadStall` is over, both on average; 0 for no minimum.
    package var minRate = 240
    package var minRateGrace = Duration.seconds(5)
    /// From the end of the header section to the end of the body; zero for no limit.
    package var maxUploadTime = Duration.zero
    /// How long a client may take nothing of a response; zero for no limit, and no minimum rate either.
    package var downloadStall = Duration.seconds(30)
    /// Body bytes queued for all handlers together.
    package var bufferMemory = 32 << 20
    /// Body bytes queued for one handler, by default three of the largest chunks: one that is written, one that waits, and
    /// one that fills, so that neither thread often waits for the other.
    package var queuePerRequest = 3 * BodyQueue.chunkLimit
    /// Whether interim responses are sent: some proxies and clients do not take them.
    package var interimResponses = true
    /// Peers whose word on where a request comes from is taken; connections are counted by their own addresses all the
    /// same.
    package var trustedProxies = TrustedProxies()
    /// How long requests in flight may go on once the server is told to stop.
    package var shutdownTimeout = Duration.seconds(30)
    /// How long open connections without a request live on once the server is told to stop; what comes in meanwhile is
    /// served if it is the connection's first, else answered 503.
    package var idleGrace = Duration.milliseconds(500)

    /// The time by which the limits above are judged; a test puts its own here.
    package var now: @Sendable () -> ContinuousClock.Instant = { .now }
    /// How often all connections are looked at.
    package var watchInterval = Duration.milliseconds(100)

    /// - Parameter processors: how many the machine has.
    package init(processors: Int = 2) {
        workers = min(8, max(1, processors))
    }
}
