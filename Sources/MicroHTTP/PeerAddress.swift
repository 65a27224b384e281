import CLinux
import Glibc

/// Who is at the other end of a connection.
package enum PeerAddress: Sendable, Hashable, CustomStringConvertible {
    /// A numeric address; IPv4 addresses mapped into IPv6 are given as IPv4.
    case tcp(host: String, port: UInt16)
    case unix

    package var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix: "unix"
        }
    }

    /// What connections and uploads are counted by: the IPv4 address, the /64 of an IPv6 address (one host's usual share); nil for
    /// Unix sockets, which are not limited by address.
    package var limitKey: String? {
        guard case .tcp(let host, _) = self else { return nil }
        guard host.contains(":") else { return host }
        return Self.network(of: host)
    }

    init(_ address: clinux_address) {
        let host = address.host
        self = address.family == AF_UNIX ? .unix : .tcp(host: host, port: address.port)
    }

    /// The first four groups of an IPv6 address as inet_ntop(3) writes it.
    private static func network(of host: String) -> String {
        let halves = host.split(separator: "::", maxSplits: 1, omittingEmptySubsequences: false)
        var groups = halves[0].split(separator: ":").map(String.init)
        if groups.count < 4, halves.count == 2 {
            let tail = halves[1].split(separator: ":").map(String.init)
            groups += Array(repeating: "0", count: max(0, 8 - groups.count - tail.count)) + tail
        }
        return groups.prefix(4).joined(separator: ":")
    }
}
