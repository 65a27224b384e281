import IngestTesting
import Testing

/// What proxies say of where requests come from, against the built daemon.
@Suite(.timeLimit(.minutes(1))) struct ForwardingTests: TusSuite {
    private let length = ("Upload-Length", "1")

    private func started(_ settings: String, listen: String? = nil) async throws -> DaemonProcess {
        let directory = try TemporaryDirectory()
        var options = DaemonProcess.Options(settings: settings)
        options.listen = listen == nil ? options.listen : "unix:\(directory.file("socket"))"
        return try await DaemonProcess.start(in: directory, options: options)
    }

    private func location(_ fields: Fields, on daemon: DaemonProcess) async throws -> String {
        let reply = try await send("POST", "/files", fields + [length], [], to: daemon)
        #expect(reply.status == 201, "\(reply.text)")
        return try #require(reply["Location"]).split(separator: "/").dropLast().joined(separator: "/")
    }

    private static let locations: [(Fields, String)] = [
        ([("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "files.example")], "https:/files.example/uploads"),
        ([("X-Forwarded-Proto", "https")], "https:/localhost/uploads"),
        ([("X-Forwarded-Host", "files.example:8443")], "http:/files.example:8443/uploads"),
        ([("Forwarded", "for=192.0.2.1;proto=https;host=files.example")], "https:/files.example/uploads"),
        (
            [("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "files.example"), ("X-Forwarded-Prefix", "/in")],
            "https:/files.example/in/uploads"
        ),
    ]

    @Test(arguments: locations) func aTrustedProxyTellsTheLocation(_ fields: Fields, _ location: String) async throws {
        let trusting = try await started("trustedProxies: [127.0.0.0/8]\nhosts: [files.example]\n")
        #expect(try await self.location(fields, on: trusting) == location)
        let refused = try await send(
            "POST",
            "/files",
            [length, ("X-Forwarded-Host", "evil.example")],
            [],
            to: trusting
        )
        #expect(refused.status == 421)
        try await end(trusting)
        let others = try await started("trustedProxies: [10.0.0.0/8, unix]\nhosts: [files.example]\n")
        #expect(try await self.location(fields, on: others) == "http:/localhost/uploads")
        #expect(
            try await self.location([("X-Forwarded-Host", "evil.example")], on: others) == "http:/localhost/uploads"
        )
        try await end(others)
        let published = try await started(
            "publicURL: https://public.example/\ntrustedProxies: [127.0.0.1]\nhosts: [files.example]\n"
        )
        #expect(try await self.location(fields, on: published) == "https:/public.example/uploads")
        try await end(published)
    }

    @Test func aProxyOnAUnixSocketIsTrustedIfItIsListed() async throws {
        let fields = [("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "files.example")]
        for (settings, location) in [
            ("trustedProxies: [unix]\n", "https:/files.example/uploads"), ("collision: rename\n", "uploads"),
        ] {
            let daemon = try await started(settings, listen: "unix")
            #expect(try await self.location(fields, on: daemon) == location)
            try await end(daemon)
        }
    }

    /// Told ahead of the answer, and by the answer.
    @Test(arguments: [false, true]) func anUploadHasOneLocation(_ isUnix: Bool) async throws {
        let origin = [("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "files.example")]
        let prefix = ("X-Forwarded-Prefix", "/in")
        let root = isUnix ? "" : "http://localhost"
        let rows: [(String, Fields, String)] = [
            ("", [], "\(root)/uploads/"), ("", [prefix], "\(root)/in/uploads/"),
            ("", origin + [prefix], "https://files.example/in/uploads/"),
            ("publicURL: https://public.example\n", origin + [prefix], "https://public.example/uploads/"),
        ]
        for (settings, fields, beginning) in rows {
            let daemon = try await started(
                "trustedProxies: [127.0.0.1, unix]\nhosts: [files.example]\n" + settings,
                listen: isUnix ? "unix" : nil
            )
            let client = try await LoopbackClient.connect(to: daemon.address)
            defer { client.close() }
            let own = Draft(interop: 8).fields(completes: false).map { ($0.key, $0.value) }
            try await client.send(LoopbackClient.head("PUT", "/files/a", headers: own + fields, length: 11))
            let interim = try await client.readReply()
            #expect(interim.status == 104)
            try await client.send(hello)
            let reply = try await client.readReply()
            #expect(reply.status == 201 && reply["Location"] == interim["Location"])
            #expect(reply["Location"]?.hasPrefix(beginning) == true, "\(reply["Location"] ?? "")")
            try await end(daemon, spool: 1)
        }
    }

    @Test func aPrefixIsPutBeforeEveryLocation() async throws {
        let daemon = try await started("trustedProxies: [127.0.0.1]\n")
        let reply = try await daemon.request("PUT", "/files/a", headers: [("X-Forwarded-Prefix", "/in/")], body: hello)
        #expect(reply["Location"] == "/in/files/a")
        try await end(daemon)
    }

    @Test(arguments: [
        ("X-Forwarded-Proto", "gopher"), ("X-Forwarded-Host", "a.example/b"), ("X-Forwarded-Prefix", "//evil.example"),
        ("Forwarded", "for=\"open"),
    ]) func whatCannotBeTrueIsRefused(_ name: String, _ value: String) async throws {
        let daemon = try await started("trustedProxies: [127.0.0.1]\n")
        let reply = try await daemon.request("PUT", "/files/a", headers: [(name, value)], body: hello)
        #expect(reply.status == 400, "\(reply.text)")
        #expect(reply.text.contains("/problems/forwarding-malformed"))
        #expect(daemon.directory.names(in: "bucket").isEmpty)
        try await end(daemon)
    }

    /// Limits and logs go by whom the proxy names, not by the proxy.
    @Test func theClientIsWhomTheProxyNames() async throws {
        let daemon = try await started("trustedProxies: [127.0.0.1]\nlimits: {maxUploadsPerAddress: 1}\n")
        let client = try await LoopbackClient.connect(to: daemon.address)
        defer { client.close() }
        let first = [("X-Forwarded-For", "198.51.100.1, 192.0.2.1")]
        try await client.send(LoopbackClient.head("PUT", "/files/a", headers: first, length: 11) + "hello")
        while daemon.directory.names(in: "bucket.state/spool").isEmpty { await Task.yield() }
        func put(_ address: String) async throws -> Int {
            try await daemon.request("PUT", "/files/b", headers: [("X-Forwarded-For", address)], body: hello).status
        }
        #expect(try await put("192.0.2.1") == 429)
        #expect(try await put("192.0.2.2") == 201)
        // Its own claim on the left counts for nothing.
        #expect(try await put("192.0.2.2, 192.0.2.1") == 429)
        try await client.send(" world")
        #expect(try await client.readReply().status == 201)
        try await end(daemon)
        #expect(daemon.output.contains("192.0.2.1"))
    }
}
