import CLinux
import Glibc
import SystemPackage

/// A socket that listens.
struct Listener: Sendable {
    let descriptor: Int32
    let bound: BoundAddress
    /// Others hold the socket too: it is left alone in a drain, and never shut down.
    let isInherited: Bool
    let isTLS: Bool

    init(_ address: ListenAddress) throws(HTTPServerError) {
        isTLS = address.isTLS
        switch address.socket {
        case .tcp(let host, let port):
            let name = BoundAddress.tcp(host: host, port: port).description
            descriptor = try Self.checked(clinux_listen_tcp(host, port, SOMAXCONN), name)
            isInherited = false
        case .unix(let path):
            descriptor = try Self.checked(clinux_listen_unix(path, SOMAXCONN), "unix:\(path)")
            isInherited = false
        case .inherited(let descriptor):
            var isListening: Int32 = 0
            var length = socklen_t(MemoryLayout<Int32>.size)
            guard getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &isListening, &length) == 0, isListening != 0 else {
                throw HTTPServerError(.invalidAddress, "Descriptor \(descriptor) is not a listening socket.")
            }
            self.descriptor = descriptor
            isInherited = true
            // Another process may take the connection between our poll and our accept.
            _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL, 0) | O_NONBLOCK)
        case .tls:
            throw HTTPServerError(.invalidAddress, "There is no TLS within TLS.")
        }
        var local = clinux_address()
        guard clinux_local_address(descriptor, &local) == 0 else {
            let cause = Errno(rawValue: errno)
            if !isInherited { _ = Glibc.close(descriptor) }
            throw HTTPServerError(.bindFailed, "The address of a listening socket is unknown.", cause: cause)
        }
        bound = BoundAddress(local)
    }

    /// Stops listening, unless others do too.
    func close() {
        _ = Glibc.close(descriptor)
        if !isInherited, case .unix(let path) = bound { _ = unlink(path) }
    }

    private static func checked(_ descriptor: Int32, _ name: String) throws(HTTPServerError) -> Int32 {
        guard descriptor >= 0 else { throw HTTPServerError(binding: name, errno: Errno(rawValue: errno)) }
        return descriptor
    }
}
