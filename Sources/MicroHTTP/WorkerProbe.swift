import CLinux
import Glibc
import Threading

/// Asks each of the library's workers, and the threads that accept and watch connections, for a sign of life.
///
/// A worker takes a request on a connection of our own, finds that nobody wants it, or that it is no handshake, and closes
/// the connection, which is the answer: it has gone round its loop. Neither limits, logs nor metrics see such connections.
final class WorkerProbe: Sendable {
    private static let request = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

    private let daemons: Locked<[LibraryDaemon]>
    private let others: [Attendance]

    /// `others` are those of threads that are not the library's.
    init(_ daemons: LibraryDaemons, _ others: [Attendance] = []) {
        self.daemons = Locked(daemons.all)
        self.others = others
    }

    /// The library is about to be stopped: those who ask from now on are answered at once, the others by its end.
    func close() {
        daemons.withLock { $0 = [] }
    }

    /// Returns once each of them has answered.
    func answer() async {
        for other in others { await other.answer() }
        // Under the lock, as the library must not be given connections once it is stopped; it only queues them.
        let ends = daemons.withLock { $0.flatMap { $0.connectToEachWorker() } }
        await withCheckedContinuation { continuation in
            let wait: @Sendable () -> Void = {
                for end in ends {
                    clinux_send(end, Self.request, Self.request.utf8.count)
                    Self.waitForEnd(of: end)
                    _ = Glibc.close(end)
                }
                continuation.resume()
            }
            do throws(HTTPServerError) {
                try ServiceThread.run("http-probe", wait)
            } catch {
                // Without a thread nobody can wait: the limit of threads is no hanging worker.
                for end in ends { _ = Glibc.close(end) }
                continuation.resume()
            }
        }
    }

    /// Blocks until the other end is closed.
    private static func waitForEnd(of descriptor: Int32) {
        var buffer = [UInt8](repeating: 0, count: 512)
        while true {
            var event = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&event, 1, -1) >= 0 || errno == EINTR else { return }
            let count = read(descriptor, &buffer, buffer.count)
            if count > 0 || count < 0 && (errno == EAGAIN || errno == EINTR) { continue }
            return
        }
    }
}
