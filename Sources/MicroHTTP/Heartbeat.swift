import CLinux
import Glibc

/// Wakes each worker of the library from time to time, by a connection of our own that sends an empty line.
///
/// When a worker's epoll_wait returns exactly 128 events, its buffer's size, the library waits for more before it serves
/// them; without any, its clients would wait for ever.
struct Heartbeat {
    /// The library's read buffer of such a connection fills up, at two bytes a beat.
    private static let beatsPerConnection = 1024

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
        beats += 1
        for descriptor in ours { clinux_send(descriptor, "\r\n", 2) }
    }

    mutating func stop() {
        for descriptor in ours { _ = close(descriptor) }
        ours = []
        beats = 0
    }
}
