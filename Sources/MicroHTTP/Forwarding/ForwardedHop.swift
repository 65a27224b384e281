/// What one proxy tells of the request that it passed on.
struct ForwardedHop: Hashable, Sendable {
    /// Who sent it; nil: unknown, or hidden.
    var node: PeerAddress?
    /// `http` or `https`.
    var scheme: String?
    var authority: String?

    /// More are no chain of proxies.
    private static let limit = 32

    /// The elements of `Forwarded` (RFC 7239 section 4), the one of the last proxy last.
    static func list(_ field: String) throws(Problem) -> [Self] {
        var parser = ForwardedParser(field)
        let hops = try parser.elements().map { (pairs) throws(Problem) in
            var hop = Self()
            for (name, value) in pairs {
                switch name {
                case "for": hop.node = PeerAddress(forwarded: value)
                case "proto": hop.scheme = try scheme(value)
                case "host": hop.authority = try authority(value)
                default: break
                }
            }
            return hop
        }
        return try bounded(hops)
    }

    /// The same of the usual fields, nil without any: schemes and hosts belong to the addresses one by one if there are as
    /// many of them, else the last is the last proxy's.
    static func list(for nodes: String?, scheme: String?, authority: String?) throws(Problem) -> [Self]? {
        guard nodes != nil || scheme != nil || authority != nil else { return nil }
        let (nodes, schemes, authorities) = (parts(nodes), parts(scheme), parts(authority))
        var hops = nodes.map { Self(node: PeerAddress(forwarded: $0)) }
        if hops.isEmpty { hops = [Self()] }
        let last = hops.count - 1
        for index in hops.indices {
            let text = (
                schemes.count == hops.count ? schemes[index] : index == last ? schemes.last : nil,
                authorities.count == hops.count ? authorities[index] : index == last ? authorities.last : nil
            )
            if let scheme = text.0 { hops[index].scheme = try Self.scheme(scheme) }
            if let authority = text.1 { hops[index].authority = try Self.authority(authority) }
        }
        return try bounded(hops)
    }

    private static func parts(_ field: String?) -> [String] {
        (field ?? "").split(separator: ",").map { part in
            String(part.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
        }
    }

    private static func bounded(_ hops: [Self]) throws(Problem) -> [Self] {
        guard hops.count <= limit else {
            throw ForwardedOrigin.refusal("forwarding-malformed", "The request was forwarded too often.")
        }
        return hops
    }

    private static func scheme(_ text: String) throws(Problem) -> String {
        let scheme = text.lowercased()
        guard scheme == "http" || scheme == "https" else {
            throw ForwardedOrigin.refusal("forwarding-malformed", "The forwarded scheme is neither http nor https.")
        }
        return scheme
    }

    private static func authority(_ text: String) throws(Problem) -> String {
        let (host, port) = split(text)
        let isName = !host.isEmpty && host.utf8.allSatisfy { HTTPBytes.isHost($0) && !"[]:%".utf8.contains($0) }
        let isAddress =
            host.hasPrefix("[") && host.hasSuffix("]")
            && IPAddress(String(host.dropFirst().dropLast())).map { !$0.isIPv4 } == true
        let isPort = port.map { !$0.isEmpty && $0.utf8.allSatisfy(HTTPBytes.isDigit) && UInt16($0) != nil } ?? true
        guard text.utf8.count <= 255, isName || isAddress, isPort else {
            throw ForwardedOrigin.refusal("forwarding-malformed", "The forwarded host is none.")
        }
        return text
    }

    /// What is before and behind the colon of a port.
    static func split(_ text: String) -> (host: String, port: String?) {
        let end = text.hasPrefix("[") ? text.firstIndex(of: "]") ?? text.startIndex : text.startIndex
        guard let colon = text[end...].firstIndex(of: ":") else { return (text, nil) }
        return (String(text[..<colon]), String(text[text.index(after: colon)...]))
    }
}

extension PeerAddress {
    /// A node as proxies name it (RFC 7239 section 6): an address, in brackets where it may have a port; nil for anything
    /// else, such as `unknown` and `_hidden`.
    init?(forwarded text: String) {
        if let address = IPAddress(text) {
            self = .tcp(host: address.text, port: 0)
            return
        }
        let (host, port) = ForwardedHop.split(text)
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        guard let address = IPAddress(isBracketed ? String(host.dropFirst().dropLast()) : host),
            isBracketed || address.isIPv4
        else { return nil }
        self = .tcp(host: address.text, port: port.flatMap { UInt16($0) } ?? 0)
    }
}
