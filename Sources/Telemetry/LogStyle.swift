import Glibc

/// How lines look, which depends on who reads them.
package enum LogStyle: Sendable {
    /// `<N>`, the syslog priority, which journald strips and stores; it adds the time itself.
    case journal
    /// The time in UTC and the level's name.
    case terminal
    /// An object of JSON a line, with the time and the level in it.
    case json

    /// The journal's style if `descriptor` is the stream that systemd connected to it, else the terminal's.
    ///
    /// `JOURNAL_STREAM` holds that stream's device and inode, since the variable is inherited by children whose output
    /// goes elsewhere (systemd.exec(5)).
    package static func forDescriptor(
        _ descriptor: Int32,
        environment: (String) -> String? = environmentValue
    ) -> LogStyle {
        guard let stream = environment("JOURNAL_STREAM") else { return .terminal }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return .terminal }
        return stream == "\(status.st_dev):\(status.st_ino)" ? .journal : .terminal
    }
}
