import Glibc
import HTTPTypes
import Logging
import Synchronization
import Threading

/// What the threads of a server share.
final class ServerCore: Sendable {
    private let current: Locked<FixedOptions>
    private let clock: @Sendable () -> ContinuousClock.Instant
    let logger: Logger
    let metrics = HTTPMetrics()
    let budget: SharedBudget
    let connections: ConnectionTable
    /// Handlers that run, also those whose client is gone.
    let handlers = Tally()
    /// How often the watcher has looked at all connections.
    let sweeps = Atomic<Int>(0)
    private let draining = Atomic<Bool>(false)

    var now: ContinuousClock.Instant { clock() }

    /// The options that count now; who needs them for longer keeps what this gives.
    var fixedOptions: FixedOptions { current.withLock { $0 } }
    var options: HTTPServerOptions { fixedOptions.value }

    /// Whether new requests are refused.
    var isDraining: Bool { draining.load(ordering: .acquiring) }

    init(options: HTTPServerOptions, handler: @escaping RequestHandler, logger: Logger) {
        current = Locked(FixedOptions(options, handler: handler))
        clock = options.now
        self.logger = logger
        budget = SharedBudget(capacity: options.bufferMemory, perRequest: options.queuePerRequest)
        connections = ConnectionTable(limit: options.connectionLimit, perAddress: options.connectionsPerAddress)
    }

    /// Takes over what may change while the server runs, for requests to come.
    func adopt(_ options: HTTPServerOptions, handler: @escaping RequestHandler) {
        let adopted = current.withLock { current in
            current = FixedOptions(current.value.adopting(options), handler: handler)
            return current.value
        }
        connections.setLimit(adopted.connectionLimit, perAddress: adopted.connectionsPerAddress)
    }

    func drain() {
        draining.store(true, ordering: .releasing)
    }

    func handlerStarted() {
        handlers.enter()
    }

    func handlerEnded() {
        handlers.leave()
    }

    func requestEnded(_ exchange: Exchange, _ ended: EndedRequest) {
        metrics.ended(method: ended.method, status: ended.status)
        logger.debug(
            "request ended",
            metadata: [
                "request.id": "\(exchange.id)",
                "http.method": "\(ended.method ?? "-")",
                "http.target": "\(Self.escaped(RequestTarget.withoutSecrets(exchange.target)))",
                "http.status": "\(ended.status.map(String.init) ?? "-")",
                "request.bytes": "\(ended.bodyBytes)",
                "request.duration": "\(now - exchange.began)",
                "client.address": "\(ended.client ?? exchange.connection.peer)",
            ]
        )
    }

    /// A client's bytes for a log: at most 256, what is not printable ASCII as `\xNN`.
    static func escaped(_ bytes: [UInt8]) -> String {
        var text = ""
        for byte in bytes.prefix(256) {
            switch byte {
            case UInt8(ascii: "\\"): text += "\\\\"
            case 0x20..<0x7F: text.unicodeScalars.append(Unicode.Scalar(byte))
            default: text += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
        }
        return text
    }
}
