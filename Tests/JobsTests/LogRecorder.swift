import Logging
import Threading

/// Keeps log lines for a test to look at.
struct LogRecorder: LogHandler {
    struct Line: Sendable {
        var level: Logger.Level
        var message: String
        var metadata: Logger.Metadata
    }

    let lines = Locked<[Line]>([])
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.debug

    var logger: Logger { Logger(label: "test") { _ in self } }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let merged = metadata.merging(event.metadata ?? [:]) { $1 }
        lines.withLock {
            $0.append(Line(level: event.level, message: event.message.description, metadata: merged))
        }
    }
}
