/// Where a server listens.
package enum ListenAddress: Sendable, Hashable {
    /// A literal IPv4 or IPv6 address (without brackets); port 0 lets the kernel choose.
    case tcp(host: String, port: UInt16)
    /// A Unix socket; a socket file there that nobody listens on is replaced, and removed at the end.
    case unix(path: String)
    /// A socket that listens already, such as systemd's. It is never shut down: it belongs to the next process too.
    case inherited(descriptor: Int32)
    /// The same, for connections over TLS.
    indirect case tls(Self)

    /// Without what is spoken over it.
    package var socket: Self { if case .tls(let address) = self { address } else { self } }
    /// Whether connections to it are over TLS.
    package var isTLS: Bool { if case .tls = self { true } else { false } }
}
