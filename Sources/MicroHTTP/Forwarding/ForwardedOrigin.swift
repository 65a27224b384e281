import HTTPTypes

/// Where a request came from before proxies that are trusted passed it on: `Forwarded` (RFC 7239), or the `X-Forwarded-`
/// fields that most proxies send in its place.
///
/// A proxy that sets the one may pass on the other as a client made it up: both count only if they say the same.
package struct ForwardedOrigin: Sendable, Hashable {
    /// Whoever sent the request to the first of the proxies.
    package var client: PeerAddress
    /// `http` or `https`; nil: not told.
    package var scheme: String?
    /// Host and port that the client named; nil: not told.
    package var authority: String?
    /// What the proxies took off the beginning of the path: empty, or `/like/this`.
    package var prefix = ""

    package init(client: PeerAddress, scheme: String? = nil, authority: String? = nil, prefix: String = "") {
        self.client = client
        self.scheme = scheme
        self.authority = authority
        self.prefix = prefix
    }

    /// Nil where the peer is not trusted or tells nothing; throws for what cannot be true.
    init?(_ fields: HTTPFields, from peer: PeerAddress, trusting proxies: TrustedProxies) throws(Problem) {
        guard proxies.contains(peer) else { return nil }
        let standard = try Self.values("Forwarded", in: fields).map(ForwardedHop.list)
        let usual = try ForwardedHop.list(
            for: Self.values("X-Forwarded-For", in: fields),
            scheme: Self.values("X-Forwarded-Proto", in: fields),
            authority: Self.values("X-Forwarded-Host", in: fields)
        )
        let prefix = try Self.values("X-Forwarded-Prefix", in: fields).map(Self.prefix)
        guard let hops = standard ?? usual else {
            guard let prefix else { return nil }
            self.init(client: peer, prefix: prefix)
            return
        }
        self.init(hops, from: peer, trusting: proxies)
        if standard != nil, let usual, self != Self(usual, from: peer, trusting: proxies) {
            throw Self.refusal("forwarding-ambiguous", "Forwarded and the X-Forwarded fields tell different things.")
        }
        self.prefix = prefix ?? ""
    }

    /// Each proxy tells what it was sent: from the last to the first, as long as whom it names is a proxy that is trusted
    /// too.
    private init(_ hops: [ForwardedHop], from peer: PeerAddress, trusting proxies: TrustedProxies) {
        self.init(client: peer)
        for hop in hops.reversed() {
            guard proxies.contains(client) else { break }
            scheme = hop.scheme ?? scheme
            authority = hop.authority ?? authority
            // Unknown, or hidden: the last that is known.
            guard let node = hop.node else { break }
            client = node
        }
    }

    private static func values(_ name: String, in fields: HTTPFields) -> String? {
        HTTPField.Name(name).flatMap { fields[$0] }.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The beginning of a path as URLs are made of: nothing in it needs an escape.
    private static func prefix(_ text: String) throws(Problem) -> String {
        var path = text
        while path.hasSuffix("/") { path.removeLast() }
        let segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        let isPath =
            text.hasPrefix("/") && text.utf8.count <= 1024
            && segments.allSatisfy { segment in
                !segment.isEmpty && segment != "." && segment != ".." && segment.utf8.allSatisfy(isUnreserved)
            }
        guard isPath else { throw refusal("forwarding-malformed", "The forwarded prefix is no path.") }
        return path
    }

    /// RFC 3986 section 2.3.
    private static func isUnreserved(_ byte: UInt8) -> Bool {
        HTTPBytes.isHost(byte) && !"[]:%".utf8.contains(byte)
    }

    static func refusal(_ rule: String, _ detail: String) -> Problem { Problem(.badRequest, rule, detail) }
}
