import CLinux
import Glibc

/// Listening sockets that the service manager opened for us (sd_listen_fds(3)).
package struct SystemdSockets: Sendable, Equatable {
    package struct Socket: Sendable, Equatable {
        package let descriptor: Int32
        /// `FileDescriptorName=` of the socket unit; `unknown` if none was passed.
        package let name: String
    }

    package let sockets: [Socket]

    /// Reads the environment; an empty list if nothing was passed to this process.
    package init(
        environment: (String) -> String? = environmentValue,
        process: Int32 = getpid()
    ) throws(SystemdError) {
        guard environment("LISTEN_PID") == "\(process)", let count = environment("LISTEN_FDS") else {
            sockets = []
            return
        }
        guard let count = Int32(count), (0...1024).contains(count) else {
            throw SystemdError(.socketsNotUsable, "LISTEN_FDS is not a number of sockets")
        }
        let names = (environment("LISTEN_FDNAMES") ?? "").split(separator: ":", omittingEmptySubsequences: false)
        sockets = (0..<count).map { index in
            let name = index < names.count ? String(names[Int(index)]) : ""
            return Socket(descriptor: 3 + index, name: name.isEmpty ? "unknown" : name)
        }
    }

    /// Checks that each descriptor is a listening socket, and keeps it from the programs we start.
    ///
    /// Call it once, before the first child process.
    package func adopt() throws(SystemdError) {
        for socket in sockets {
            guard clinux_is_listening(socket.descriptor) != 0 else {
                throw SystemdError(
                    .socketsNotUsable,
                    "descriptor \(socket.descriptor) (\(socket.name)) is not a listening socket"
                )
            }
            guard fcntl(socket.descriptor, F_SETFD, FD_CLOEXEC) == 0 else {
                throw SystemdError(.socketsNotUsable, "close-on-exec could not be set", errno: errno)
            }
        }
    }
}
