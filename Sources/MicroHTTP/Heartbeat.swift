import CLinux
import Glibc

/// Wakes each worker of the library from time to time, by a connection of our own that sends a little of what never
/// becomes a request.
///
/// When a worker's epoll_wait returns exactly 128 events, its buffer's size, the library waits for more before it serves
/// them; without any, its clients would wait for ever.
struct Heartbeat {
    /// What is sent for a request is kept until its end, which never comes.
    private static let beatsPerConnection = 1024
    private static let emptyLine = Array("\r\n".utf8)
    /// The header of a handshake's record of 16 KiB (RFC 8446 section 5.1), whose bytes are the further beats.
    private static let recordHeader: [UInt8] = [22, 3, 1, 0x40, 0]

    private let daemon: LibraryDaemon
    private var ours: [Int32] = []
    private var beats = 0

    init(_ daemon: LibraryDaemon) {
        self.daemon = daemon
    }

    mutating func beat() {
        if ours.isEmpty || beats >= Self.beatsPerConnection {
            stop()
            ours = daemon.connectToEachWorker()
        }
        let bytes = daemon.isTLS ? beats == 0 ? Self.recordHeader : [0] : Self.emptyLine
        beats += 1
        for descriptor in ours { _ = bytes.withUnsafeBytes { clinux_send(descriptor, $0.baseAddress, $0.count) } }
    }

    mutating func stop() {
        for descriptor in ours { _ = close(descriptor) }
        ours = []
        beats = 0
    }
}
