import CLinux
import Glibc
import SystemPackage

/// A thread of its own for a loop that blocks in the kernel.
enum ServiceThread {
    private final class Start {
        let name: String
        let body: @Sendable () -> Void

        init(_ name: String, _ body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    /// Runs `body` on a new thread, which ends with it.
    ///
    /// `name` is cut to 15 bytes.
    static func run(_ name: String, _ body: @escaping @Sendable () -> Void) throws(HTTPServerError) {
        var thread = pthread_t()
        let start = Unmanaged.passRetained(Start(name, body))
        let failure = pthread_create(
            &thread,
            nil,
            { argument in
                guard let argument else { return nil }
                let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                clinux_name_thread(start.name)
                start.body()
                return nil
            },
            start.toOpaque()
        )
        guard failure == 0 else {
            start.release()
            throw HTTPServerError(.startFailed, "A thread cannot be started.", cause: Errno(rawValue: failure))
        }
        pthread_detach(thread)
    }
}
