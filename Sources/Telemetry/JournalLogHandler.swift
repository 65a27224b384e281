import Glibc
package import Logging

/// Writes events to a descriptor, one line each: `message key=value key="value with spaces"`, or as JSON.
package struct JournalLogHandler: LogHandler {
    /// That of this logger and its copies, once it was set; until then the one all share.
    package var logLevel: Logger.Level {
        get { ownLevel ?? threshold.level }
        set { ownLevel = newValue }
    }
    private let threshold: LogThreshold
    private var ownLevel: Logger.Level?
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    private let style: LogStyle
    private let write: @Sendable (String) -> Void

    /// A handler that writes to a descriptor, which must stay open; standard error is the daemon's log.
    package init(level: Logger.Level, descriptor: Int32 = STDERR_FILENO) {
        self.init(level: level, style: .forDescriptor(descriptor)) { writeLine($0, to: descriptor) }
    }

    /// The same with a level that may change, and of a style.
    package init(threshold: LogThreshold, style: LogStyle, descriptor: Int32 = STDERR_FILENO) {
        self.init(threshold: threshold, style: style) { writeLine($0, to: descriptor) }
    }

    /// A handler that hands each line, with its newline, to `write`, from any thread.
    package init(level: Logger.Level, style: LogStyle, write: @escaping @Sendable (String) -> Void) {
        self.init(threshold: LogThreshold(level), style: style, write: write)
    }

    private init(threshold: LogThreshold, style: LogStyle, write: @escaping @Sendable (String) -> Void) {
        self.threshold = threshold
        self.style = style
        self.write = write
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var all = metadata
        if let more = metadataProvider?.get() { all.merge(more) { _, newer in newer } }
        if let more = event.metadata { all.merge(more) { _, newer in newer } }
        if let error = event.error { all["error"] = "\(error)" }
        let (level, message) = (event.level, event.message.description)
        switch style {
        case .journal: write(Self.line("<\(level.syslogPriority)>", message, all))
        case .terminal: write(Self.line("\(utcTimestamp()) \(level.rawValue) ", message, all))
        case .json:
            var line = JSONLogLine(time: utcTimestamp(), level: level, message: message)
            line.append(all)
            write(line.text + "\n")
        }
    }

    private static func line(_ prefix: String, _ message: String, _ metadata: Logger.Metadata) -> String {
        var line = LogLine(prefix: prefix, message: message)
        line.append(metadata)
        return line.text + "\n"
    }
}

extension Logger.Level {
    /// The number of syslog(3).
    fileprivate var syslogPriority: Int {
        switch self {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}

/// Writes in one call, so that lines of concurrent threads do not mix (a pipe takes up to 4 KiB at once, pipe(7)).
///
/// A log that cannot be written is lost: there is nowhere left to say so.
private func writeLine(_ line: String, to descriptor: Int32) {
    var line = line
    line.withUTF8 { bytes in
        var rest = UnsafeRawBufferPointer(bytes)[...]
        while !rest.isEmpty {
            let part = UnsafeRawBufferPointer(rebasing: rest)
            let written = Glibc.write(descriptor, part.baseAddress, part.count)
            if written < 0 && errno == EINTR { continue }
            guard written > 0 else { return }
            rest = rest.dropFirst(written)
        }
    }
}

/// Now, as RFC 3339 with milliseconds.
private func utcTimestamp() -> String {
    var now = timespec()
    var parts = tm()
    clock_gettime(CLOCK_REALTIME, &now)
    gmtime_r(&now.tv_sec, &parts)
    func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    let date = "\(parts.tm_year + 1900)-\(padded(Int(parts.tm_mon) + 1, 2))-\(padded(Int(parts.tm_mday), 2))"
    let time = "\(padded(Int(parts.tm_hour), 2)):\(padded(Int(parts.tm_min), 2)):\(padded(Int(parts.tm_sec), 2))"
    return "\(date)T\(time).\(padded(now.tv_nsec / 1_000_000, 3))Z"
}
