import CLinux
import Glibc

/// Tells the service manager how the daemon is (sd_notify(3)): one datagram a message.
package struct SystemdNotifier: Sendable {
    private let address: String
    /// How often the service manager wants a sign of life; nil if it does not watch.
    package let watchdogTimeout: Duration?

    /// Nil when nobody asked to be notified.
    package init?(environment: (String) -> String? = environmentValue) {
        guard let address = environment("NOTIFY_SOCKET"), address.hasPrefix("/") || address.hasPrefix("@") else {
            return nil
        }
        self.address = address
        watchdogTimeout = Self.watchdogTimeout(environment: environment)
    }

    package func ready(status: String) throws(SystemdError) {
        try send("READY=1\nSTATUS=\(oneLine(status))")
    }

    /// A reload has begun; `ready` ends it.
    ///
    /// The service manager takes only a time that is after its own request for the reload (sd_notify(3)).
    package func reloading(status: String) throws(SystemdError) {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        let microseconds = Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1000
        try send("RELOADING=1\nMONOTONIC_USEC=\(microseconds)\nSTATUS=\(oneLine(status))")
    }

    package func stopping(status: String) throws(SystemdError) {
        try send("STOPPING=1\nSTATUS=\(oneLine(status))")
    }

    /// What `systemctl status` shows.
    package func status(_ status: String) throws(SystemdError) {
        try send("STATUS=\(oneLine(status))")
    }

    /// The sign of life.
    package func watchdog() throws(SystemdError) {
        try send("WATCHDOG=1")
    }

    private func send(_ message: String) throws(SystemdError) {
        let bytes = Array(message.utf8)
        guard clinux_send_datagram(address, bytes, bytes.count) == 0 else {
            throw SystemdError(.notificationNotSent, "the service manager could not be notified", errno: errno)
        }
    }

    private func oneLine(_ text: String) -> String {
        String(text.map { $0.isNewline ? " " : $0 })
    }

    /// `WATCHDOG_USEC`, unless `WATCHDOG_PID` says that it was meant for another process (sd_watchdog_enabled(3)).
    private static func watchdogTimeout(environment: (String) -> String?) -> Duration? {
        guard let microseconds = environment("WATCHDOG_USEC").flatMap({ Int64($0) }), microseconds > 0 else {
            return nil
        }
        if let process = environment("WATCHDOG_PID"), process != "\(getpid())" { return nil }
        return .microseconds(microseconds)
    }
}
