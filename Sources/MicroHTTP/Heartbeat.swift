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
            connect()
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

    /// One connection per worker: the library chooses the worker by the descriptor's number.
    private mutating func connect() {
        let workers = daemon.workers
        var missing = Set(0..<workers)
        var spare: [Int32] = []
        while !missing.isEmpty, spare.count < 8 * workers {
            var pair: [Int32] = [-1, -1]
            let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
            guard socketpair(AF_UNIX, kind, 0, &pair) == 0 else { break }
            // Either end will do.
            if let index = pair.firstIndex(where: { missing.contains(Int($0) % workers) }) {
                missing.remove(Int(pair[index]) % workers)
                var address = clinux_address()
                address.storage.ss_family = sa_family_t(AF_UNIX)
                address.length = socklen_t(MemoryLayout<sa_family_t>.size)
                if daemon.add(pair[index], address) { ours.append(pair[1 - index]) } else { _ = close(pair[1 - index]) }
            } else {
                spare += pair
            }
        }
        for descriptor in spare { _ = close(descriptor) }
    }
}
