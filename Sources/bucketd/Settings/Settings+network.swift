import Glibc
import MicroHTTP

extension Settings {
    mutating func readNetwork(_ reader: inout SettingsReader) {
        readListen(&reader)
        if let names = reader.texts(.hosts) {
            hosts = names
            for name in names where !Self.isHostName(name) {
                reader.reject(.hosts, "“\(name)” is not a host's name, like files.example.org.")
            }
        }
        if let names = reader.texts(.origins) {
            origins = names
            for name in names where !Self.isOrigin(name) {
                reader.reject(.origins, "“\(name)” is not an origin, like https://app.example.org.")
            }
        }
        for text in reader.texts(.trustedProxies) ?? [] where !trustedProxies.insert(text) {
            reader.reject(.trustedProxies, "“\(text)” is not like 127.0.0.1, ::1, 10.0.0.0/8 or unix.")
        }
        publicURL = reader.value(.publicURL, expected: "a URL like https://files.example.org") { text in
            Self.isPublicURL(text) ? text : nil
        }
        readTLS(&reader)
        if let time = reader.duration(.shutdownTimeout) { shutdownTimeout = time }
        readAccess(&reader)
    }

    private mutating func readListen(_ reader: inout SettingsReader) {
        guard let texts = reader.texts(.listen) else { return }
        listen = []
        for text in texts {
            guard let address = ListenSetting(text) else {
                reader.reject(.listen, "“\(text)” is not like 127.0.0.1:8080, tls:[::1]:8443, unix:/path or systemd.")
                continue
            }
            if listen.contains(address), !address.isChosenByKernel {
                reader.reject(.listen, "“\(text)” is there twice.")
            }
            listen.append(address)
        }
        if texts.isEmpty { reader.reject(.listen, "There must be an address to listen on.") }
    }

    /// Whether it is a name, or an address in brackets or without, with a port or not: what `Host` may say.
    private static func isHostName(_ text: String) -> Bool {
        guard let (host, _) = split(authority: text) else { return false }
        return isHost(host)
    }

    private static func isOrigin(_ text: String) -> Bool {
        guard let end = text.firstRange(of: "://")?.upperBound, isScheme(text.prefix { $0 != ":" }) else {
            return false
        }
        guard let (host, _) = split(authority: String(text[end...])) else { return false }
        return isHost(host)
    }

    /// A path is the prefix under which a proxy has the server; it has no query, and nobody is to log in with it.
    private static func isPublicURL(_ text: String) -> Bool {
        guard let end = text.firstRange(of: "://")?.upperBound, ["http", "https"].contains(text.prefix { $0 != ":" }),
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), !text.contains(where: { "?#@\"<>\\".contains($0) })
        else { return false }
        let authority = text[end...].prefix { $0 != "/" }
        return split(authority: String(authority)).map { isHost($0.host) } ?? false
    }

    /// Nil if there is no host, or no number where the port is to be.
    private static func split(authority: String) -> (host: String, port: UInt16?)? {
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            let host = String(authority[..<end].dropFirst())
            let rest = authority[authority.index(after: end)...]
            guard ListenSetting.isIPv6(host) else { return nil }
            if rest.isEmpty { return (host, nil) }
            guard rest.hasPrefix(":"), let port = UInt16(rest.dropFirst()) else { return nil }
            return (host, port)
        }
        if ListenSetting.isIPv6(authority) { return (authority, nil) }
        let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
        guard let host = parts.first, !host.isEmpty, parts.count <= 2 else { return nil }
        guard parts.count == 2 else { return (String(host), nil) }
        guard let port = UInt16(parts[1]), port > 0 else { return nil }
        return (String(host), port)
    }

    private static func isScheme(_ text: Substring) -> Bool {
        text.first?.isLetter == true
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
                    true
                default: false
                }
            }
    }

    /// Names as DNS has them, and as machines on a local network are called (underscores too).
    private static func isHost(_ text: String) -> Bool {
        guard !ListenSetting.isIPv6(text) else { return true }
        var name = Substring(text)
        if name.hasSuffix(".") { name.removeLast() }
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        return name.utf8.count <= 253
            && labels.allSatisfy { label in
                !label.isEmpty && label.utf8.count <= 63
                    && label.utf8.allSatisfy { byte in
                        switch byte {
                        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                            true
                        default: false
                        }
                    }
            }
    }
}

extension ListenSetting {
    /// `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080`, `tls:[::]:8443`, `unix:/run/bucketd.sock`, `systemd`.
    init?(_ text: String) {
        if text.hasPrefix("tls:") {
            guard case .address(.tcp(let host, let port)) = Self(String(text.dropFirst(4))) else { return nil }
            self = .address(.tls(.tcp(host: host, port: port)))
            return
        }
        if text == "systemd" {
            self = .systemd
            return
        }
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst(5))
            // sockaddr_un.sun_path has 108 bytes with its NUL (unix(7)).
            guard path.hasPrefix("/"), path.utf8.count < 108, !path.utf8.contains(0) else { return nil }
            self = .address(.unix(path: path))
            return
        }
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
            guard Self.isIPv6(String(host.prefix { $0 != "%" })) else { return nil }
        } else {
            if host == "localhost" { host = "127.0.0.1" }
            guard Self.isIPv4(host) else { return nil }
        }
        self = .address(.tcp(host: host, port: port))
    }

    /// Whether only processes of this machine can reach it.
    ///
    /// What systemd hands over is its unit's decision.
    var isLocal: Bool {
        guard case .address(let address) = self, case .tcp(let host, _) = address.socket else { return true }
        return host.hasPrefix("127.") || host == "::1"
    }

    /// Port 0: each such address gets a port of its own.
    fileprivate var isChosenByKernel: Bool {
        if case .address(let address) = self, case .tcp(_, 0) = address.socket { true } else { false }
    }

    var isTLS: Bool { if case .address(let address) = self { address.isTLS } else { false } }

    static func isIPv4(_ text: String) -> Bool {
        var address = in_addr()
        return inet_pton(AF_INET, text, &address) == 1
    }

    static func isIPv6(_ text: String) -> Bool {
        var address = in6_addr()
        return inet_pton(AF_INET6, text, &address) == 1
    }
}
