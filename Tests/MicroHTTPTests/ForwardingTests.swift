import HTTPTypes
import Testing

@testable import MicroHTTP

/// What proxies say of where requests come from.
@Suite struct ForwardingTests {
    private static let trusted = ["127.0.0.1", "::1", "10.0.0.0/8", "2001:db8::/33", "unix"]
    private static let proxy = PeerAddress.tcp(host: "127.0.0.1", port: 40_000)

    private func proxies(_ list: [String] = trusted) throws -> TrustedProxies {
        var proxies = TrustedProxies()
        for text in list {
            let isTaken = proxies.insert(text)
            try #require(isTaken, "\(text)")
        }
        return proxies
    }

    private func origin(_ fields: [(String, String)], from peer: PeerAddress = proxy) throws -> ForwardedOrigin? {
        var headers: HTTPFields = [:]
        for (name, value) in fields {
            headers.append(HTTPField(name: try #require(HTTPField.Name(name)), value: value))
        }
        return try ForwardedOrigin(headers, from: peer, trusting: proxies())
    }

    private func client(_ host: String, port: UInt16 = 0) -> PeerAddress { .tcp(host: host, port: port) }

    @Test(arguments: [
        ("127.0.0.1", true), ("127.0.0.2", false), ("10.0.0.0", true), ("10.255.255.255", true), ("11.0.0.0", false),
        ("9.255.255.255", false), ("::1", true), ("::2", false), ("2001:db8::5", true), ("2001:db8:7fff::", true),
        ("2001:db8:8000::", false), ("nonsense", false), ("", false),
    ])
    func aPeerIsTrustedIfItIsListed(_ host: String, _ isTrusted: Bool) throws {
        #expect(try proxies().contains(client(host)) == isTrusted)
        #expect(!TrustedProxies().contains(client(host)))
    }

    @Test func aUnixSocketIsTrustedIfItIsListed() throws {
        #expect(try proxies(["unix"]).contains(.unix))
        #expect(try !proxies(["0.0.0.0/0", "::/0"]).contains(.unix))
        #expect(try proxies(["0.0.0.0/0"]).contains(client("8.8.8.8")))
        #expect(try !proxies(["0.0.0.0/0"]).contains(client("2001::")))
        #expect(try proxies(["::/0"]).contains(client("8.8.8.8")))
    }

    @Test(arguments: [
        "", "localhost", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/08", "10.0.0.0/8/8", "10.0.0", "::/129",
        "[::1]", "127.0.0.1:80", "unix:/run/x", "*", "10.0.0.0/+8",
    ])
    func whatIsNoNetworkIsRefused(_ text: String) {
        var proxies = TrustedProxies()
        let isTaken = proxies.insert(text)
        #expect(!isTaken)
        #expect(proxies.isEmpty)
    }

    @Test func whoeverIsNotTrustedIsNotHeard() throws {
        let fields = [
            ("Forwarded", "for=192.0.2.1;proto=https;host=a.example"), ("X-Forwarded-For", "\u{1}"),
            ("X-Forwarded-Prefix", "../.."),
        ]
        #expect(try origin(fields, from: client("192.0.2.7")) == nil)
        #expect(try origin([]) == nil)
        #expect(try origin([("X-Forwarded-For", "")]) == nil)
    }

    private static let origins: [([(String, String)], String, String?, String?)] = [
        ([("X-Forwarded-For", "192.0.2.1")], "192.0.2.1", nil, nil),
        ([("X-Forwarded-For", "192.0.2.1:4711")], "192.0.2.1:4711", nil, nil),
        ([("X-Forwarded-For", "2001:DB8:8000::1")], "[2001:db8:8000::1]", nil, nil),
        ([("X-Forwarded-For", "[2001:db8:8000::1]:80")], "[2001:db8:8000::1]:80", nil, nil),
        ([("X-Forwarded-For", "::ffff:192.0.2.1")], "192.0.2.1", nil, nil),
        // What the client itself claimed is on the left of what the first trusted proxy saw.
        ([("X-Forwarded-For", "127.0.0.1, 198.51.100.9 ,192.0.2.1, 10.1.1.1")], "192.0.2.1", nil, nil),
        ([("X-Forwarded-For", "198.51.100.9"), ("X-Forwarded-For", "192.0.2.1")], "192.0.2.1", nil, nil),
        ([("X-Forwarded-For", "10.0.0.9, 10.0.0.8")], "10.0.0.9", nil, nil),
        ([("X-Forwarded-For", "192.0.2.1, unknown, 10.0.0.8")], "10.0.0.8", nil, nil),
        ([("X-Forwarded-For", "<script>")], "127.0.0.1:40000", nil, nil),
        ([("X-Forwarded-Proto", "HTTPS")], "127.0.0.1:40000", "https", nil),
        ([("X-Forwarded-Host", "a.example:8443")], "127.0.0.1:40000", nil, "a.example:8443"),
        (
            [
                ("X-Forwarded-For", "192.0.2.1, 10.0.0.8"), ("X-Forwarded-Proto", "https, http"),
                ("X-Forwarded-Host", "a.example, b.example"),
            ], "192.0.2.1", "https", "a.example"
        ),
        (
            [("X-Forwarded-For", "6.6.6.6, 192.0.2.1"), ("X-Forwarded-Host", "evil.example, a.example")], "192.0.2.1",
            nil, "a.example"
        ),
        ([("X-Forwarded-Host", "evil.example, a.example")], "127.0.0.1:40000", nil, "a.example"),
        ([("Forwarded", "for=192.0.2.1;proto=https;host=a.example;by=10.0.0.1")], "192.0.2.1", "https", "a.example"),
        ([("Forwarded", "For=\"[2001:db8:8000::1]:4711\"")], "[2001:db8:8000::1]:4711", nil, nil),
        (
            [("Forwarded", "for=[2001:db8:8000::1]; host=\"a.example:8443\"")], "[2001:db8:8000::1]", nil,
            "a.example:8443"
        ),
        (
            [("Forwarded", "for=6.6.6.6;host=evil.example, for=192.0.2.1;host=a.example, for=10.0.0.8;proto=http")],
            "192.0.2.1", "http", "a.example"
        ),
        ([("Forwarded", "for=192.0.2.1"), ("Forwarded", "for=10.0.0.8")], "192.0.2.1", nil, nil),
        ([("Forwarded", "for=_hidden;proto=https")], "127.0.0.1:40000", "https", nil),
        ([("Forwarded", ", ;for=\"192.0.2.\\1\" ;; ,")], "192.0.2.1", nil, nil),
        (
            [
                ("Forwarded", "for=192.0.2.1;proto=https"), ("X-Forwarded-For", "192.0.2.1"),
                ("X-Forwarded-Proto", "https"),
            ],
            "192.0.2.1", "https", nil
        ),
    ]

    @Test(arguments: origins)
    func theClientIsWhomTheFirstTrustedProxySaw(
        _ fields: [(String, String)],
        _ peer: String,
        _ scheme: String?,
        _ authority: String?
    ) throws {
        let origin = try #require(try origin(fields))
        let port = origin.client.description.hasSuffix(":0") && !peer.hasSuffix(":0") ? ":0" : ""
        #expect(origin.client.description == peer + port)
        #expect(origin.scheme == scheme)
        #expect(origin.authority == authority)
    }

    @Test(arguments: [("/in", "/in"), ("/in/", "/in"), ("/a/b-c_d~e.f", "/a/b-c_d~e.f"), ("/", "")])
    func aPrefixIsAPath(_ field: String, _ prefix: String) throws {
        let origin = try #require(try origin([("X-Forwarded-Prefix", field)]))
        #expect(origin == ForwardedOrigin(client: Self.proxy, prefix: prefix))
    }

    @Test(arguments: [
        [("X-Forwarded-Proto", "ftp")], [("X-Forwarded-Proto", "javascript")], [("X-Forwarded-Host", "a b")],
        [("X-Forwarded-Host", "a.example/x")], [("X-Forwarded-Host", "user@a.example")],
        [("X-Forwarded-Host", "a.example:port")], [("X-Forwarded-Host", "a.example:")],
        [("X-Forwarded-Host", "a.example:99999")], [("X-Forwarded-Host", "[a.example]")],
        [("X-Forwarded-Host", "::1")], [("X-Forwarded-Host", "a%0d%0ab")],
        [("X-Forwarded-Host", String(repeating: "a", count: 256))], [("X-Forwarded-Host", "räksmörgås.example")],
        [("X-Forwarded-Prefix", "in")], [("X-Forwarded-Prefix", "//evil.example")], [("X-Forwarded-Prefix", "/a/../b")],
        [("X-Forwarded-Prefix", "/a%2f")], [("X-Forwarded-Prefix", "/a?b")], [("X-Forwarded-Prefix", "/a, /b")],
        [("Forwarded", "for")], [("Forwarded", "for=")], [("Forwarded", "for=\"open")], [("Forwarded", "for=a b=c")],
        [("Forwarded", "host=a/b")], [("Forwarded", "proto=\"x\"")],
        [("X-Forwarded-For", Array(repeating: "10.0.0.1", count: 33).joined(separator: ","))],
        [("Forwarded", "for=192.0.2.1"), ("X-Forwarded-For", "192.0.2.2")],
        [("Forwarded", "for=192.0.2.1"), ("X-Forwarded-Host", "a.example")],
        [("Forwarded", "host=evil.example"), ("X-Forwarded-For", "192.0.2.2")],
    ])
    func whatCannotBeTrueIsRefused(_ fields: [(String, String)]) throws {
        #expect(throws: Problem.self) { try origin(fields) }
    }
}
