import Logging
import Threading

/// A log handler that remembers the helpers that were started.
struct StartLog: LogHandler {
    private let started = Locked<[Int32]>([])

    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    var pids: [Int32] { started.withLock { $0 } }
    var logger: Logger { Logger(label: "test", factory: { _ in self }) }

    subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        guard let pid = event.metadata?["helper.pid"].flatMap({ Int32("\($0)") }) else { return }
        started.withLock { $0.append(pid) }
    }
}
