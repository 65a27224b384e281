import CLinux
import CMicroHTTPD
import Glibc
import SystemPackage
import Threading

/// The library's threads: they serve the connections handed to `add`.
final class LibraryDaemon: @unchecked Sendable {  // Proof: the pointers never change; nobody adds after `stop`.
    /// Memory of one connection for its head and for body bytes on their way, bytes.
    ///
    /// More costs at every keep-alive turn (the pool is cleared), less costs throughput.
    static let pool = 128 << 10

    let workers: Int
    let isTLS: Bool
    private let daemon: OpaquePointer
    private let callbacks: UnsafeMutablePointer<cmicrohttpd_callbacks>
    private let core: Unmanaged<ServerCore>

    /// Set once: the library keeps it for the process.
    private static let watchForPanic: Void = cmicrohttpd_on_panic(libraryPanicked)

    init(_ core: ServerCore, isTLS: Bool) throws(HTTPServerError) {
        self.isTLS = isTLS
        workers = max(1, core.options.workers)
        self.core = Unmanaged.passRetained(core)
        callbacks = .allocate(capacity: 1)
        callbacks.initialize(
            to: cmicrohttpd_callbacks(
                context: self.core.toOpaque(),
                target: targetReceived,
                request: requestCalled,
                completed: requestCompleted,
                connection: connectionChanged,
                log: libraryLogged
            )
        )
        Self.watchForPanic
        // The library spreads its limit over the workers, connections are not spread evenly, and one too many deadlocks
        // a worker; the limit that counts is the connection table's, which may change.
        let limit = UInt32((max(core.options.connectionLimit, 1 << 20) + 256) * 2 * workers)
        let strict: Int32 = HeadLayout.isKnown ? 0 : 1
        guard let daemon = cmicrohttpd_start(callbacks, UInt32(workers), limit, Self.pool, strict, isTLS ? 1 : 0)
        else {
            let cause = Errno(rawValue: errno)
            callbacks.deallocate()
            self.core.release()
            throw HTTPServerError(.startFailed, "libmicrohttpd cannot start its threads.", cause: cause)
        }
        self.daemon = daemon
    }

    /// Gives a socket to the library, which closes it, now if this returns false.
    func add(_ descriptor: Int32, _ address: clinux_address) -> Bool {
        withUnsafePointer(to: address.storage) { storage in
            storage.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                MHD_add_connection(daemon, descriptor, $0, address.length) == .YES
            }
        }
    }

    /// Ends the threads.
    ///
    /// Blocks until they are gone. No connection may be suspended: the library would abort.
    func stop() {
        MHD_stop_daemon(daemon)
        callbacks.deallocate()
        core.release()
    }
}
