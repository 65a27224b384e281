import CLinux
import Glibc

/// Where a server is reachable once it is bound.
package enum BoundAddress: Sendable, Hashable, CustomStringConvertible {
    case tcp(host: String, port: UInt16)
    case unix(path: String)

    package var port: UInt16? {
        guard case .tcp(_, let port) = self else { return nil }
        return port
    }

    /// `127.0.0.1:8080`, `[::1]:8080` or `unix:/path`.
    package var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }

    init(_ address: clinux_address) {
        let host = address.host
        self = address.family == AF_UNIX ? .unix(path: host) : .tcp(host: host, port: address.port)
    }
}
