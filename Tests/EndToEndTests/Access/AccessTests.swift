import FoundationEssentials
import Glibc
import IngestTesting
import SystemPackage
import Testing

/// The built daemon with tokens, as clients meet it.
@Suite(.timeLimit(.minutes(2))) struct AccessTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func started(logLevel: String = "debug") async throws -> DaemonProcess {
        var options = DaemonProcess.Options(settings: directory.tokenSettings)
        options.logLevel = logLevel
        return try await DaemonProcess.start(in: directory, options: options)
    }

    @Test func curlShowsATokenInThreeWays() async throws {
        let secret = try await directory.newToken("ann", "--scope", "upload", "--scope", "read")
        let daemon = try await started()
        let url = try #require(daemon.url)
        try directory.write(Array("hello".utf8), to: "a.txt")
        let file = directory.file("a.txt").string
        let ways = [
            ["-H", "Authorization: Bearer \(secret)"], ["-u", "anybody:\(secret)"], ["--oauth2-bearer", secret],
        ]
        for (number, way) in ways.enumerated() {
            let sent = try await CurlReply.get(way + ["-T", file, "\(url)/files/\(number)"])
            #expect(sent.status == 201, "\(sent.text)")
            let form = try await CurlReply.get(way + ["-F", "file=@\(file)", "\(url)/files/form/"])
            #expect(form.status == 201, "\(form.text)")
            #expect(try await CurlReply.get(way + ["\(url)/files/\(number)"]).text == "hello")
            #expect(try await CurlReply.get(way + ["-X", "DELETE", "\(url)/files/\(number)"]).status == 403)
        }
        let refused = try await CurlReply.get(["-u", "\(secret):", "-T", file, "\(url)/files/no"])
        #expect(refused.status == 401)
        #expect(directory.names(in: "bucket") == ["0", "1", "2", "form"])
    }

    /// Two fields contradict each other, whatever they say; and nobody is asked to send a body in vain.
    @Test(arguments: [
        ([], 401), (["Basic !"], 401), (["Bearer"], 401), (["Negotiate abc"], 401), (["Bearer RIGHT, Bearer x"], 401),
        (["Bearer RIGHT", "Bearer RIGHT"], 400), (["Bearer RIGHT", ""], 400), (["Bearer RIGHTx"], 401),
        (["Bearer CUT"], 401), (["bearer RIGHT"], 201),
    ])
    func credentialsAreJudgedBeforeTheBody(fields: [String], status: Int) async throws {
        let secret = try await directory.newToken("ann", "--scope", "upload")
        let daemon = try await started()
        let client = try await LoopbackClient.connect(to: daemon.address)
        defer { client.close() }
        let headers = fields.map {
            ("Authorization", $0.replacing("RIGHT", with: secret).replacing("CUT", with: secret.dropLast()))
        }
        try await client.send(
            LoopbackClient.head("PUT", "/files/a", headers: headers + [("Expect", "100-continue")], length: 5)
        )
        let first = try await client.readReply()
        #expect(first.status == (status == 201 ? 100 : status), "\(first.text)")
        guard status == 201 else {
            #expect(directory.names(in: "bucket.state/spool").isEmpty)
            #expect((first["WWW-Authenticate"] == nil) == (status == 400))
            return
        }
        try await client.send(Array("hello".utf8))
        #expect(try await client.readReply().status == 201)
    }

    /// The description lists every route: a test proves that.
    @Test func withoutATokenNothingIsTold() async throws {
        let secret = try await directory.newToken("ann", "--scope", "upload")
        let daemon = try await started()
        let text = try await daemon.request("GET", "/openapi.json", headers: [bearer(secret)])
        let description = try JSONDecoder().decode(Description.self, from: Data(text.body))
        var open: Set<String> = []
        for (path, operations) in description.paths {
            let target = path.replacing("{id}", with: "1").replacing("{path}", with: "a").replacing(
                "{directory}",
                with: "a"
            )
            for (method, item) in operations where method != "parameters" {
                let body: [UInt8]? = ["post", "put", "patch"].contains(method) ? [1] : nil
                let reply = try await daemon.request(method.uppercased(), target, body: body)
                let isOpen = item.operation?.security?.isEmpty == true
                #expect(reply.status == (isOpen ? 200 : 401), "\(method) \(target)")
                if isOpen { open.insert(path) }
            }
        }
        #expect(open == ["/healthz", "/readyz", "/page.css", "/favicon.ico"])
        for target in ["/nothing", "/files/a/../b", "/jobs/"] {
            #expect(try await daemon.request("GET", target).status == 401)
        }
        #expect(directory.names(in: "bucket").isEmpty)
    }

    @Test func tokensAreReadAgain() async throws {
        let first = try await directory.newToken("first", "--scope", "upload")
        let daemon = try await started()
        let second = try await directory.newToken("second", "--scope", "upload")
        func status(_ secret: String) async throws -> Int {
            try await daemon.request("PUT", "/files/a", headers: [bearer(secret)], body: [1]).status
        }
        #expect(try await status(first) == 201)
        #expect(try await status(second) == 401)
        Glibc.kill(daemon.processID, SIGHUP)
        _ = await daemon.process.firstLine { $0.contains("auth.tokens=2") ? $0 : nil }
        #expect(try await status(second) == 204)

        // What cannot be read changes nothing, and is said.
        try #require(chmod(directory.file("tokens").string, 0o644) == 0)
        Glibc.kill(daemon.processID, SIGHUP)
        let line = await daemon.process.firstLine { $0.contains("a setting is wrong") ? $0 : nil }
        #expect(line?.contains("chmod 600") == true)
        #expect(try await status(first) == 204)

        try #require(chmod(directory.file("tokens").string, 0o600) == 0)
        for id in ["first", "second"] { #expect(try await directory.token("revoke", [id]).status == 0) }
        Glibc.kill(daemon.processID, SIGHUP)
        _ = await daemon.process.firstLine { $0.contains("auth.tokens=0") ? $0 : nil }
        for secret in [first, second] { #expect(try await status(secret) == 401) }
    }

    @Test func aFileThatCannotBeTakenRefusesTheStart() async throws {
        for (text, mode, reason) in [
            (nil, 0o600, "cannot be read"), ("", 0o600, "holds no token"), ("# none\n", 0o600, "holds no token"),
            ("x\n", 0o600, "line 1"), ("x\n", 0o644, "chmod 600"),
        ] {
            let directory = try TemporaryDirectory()
            if let text {
                try directory.write(Array(text.utf8), to: "tokens")
                try #require(chmod(directory.file("tokens").string, mode_t(mode)) == 0)
            }
            let process = try await DaemonProcess.launch(
                in: directory,
                options: DaemonProcess.Options(settings: directory.tokenSettings)
            )
            #expect(await process.waitForExit() == 2)
            #expect(process.output.contains(reason), "\(process.output)")
            #expect(directory.names(in: "bucket.state").isEmpty)
        }
    }

    /// Neither what is right nor what is wrong goes into a line; the token's id does.
    @Test func noSecretIsLogged() async throws {
        let secret = try await directory.newToken("ann", "--scope", "upload", "--scope", "read")
        let daemon = try await started(logLevel: "trace")
        for shown in [secret, secret + "x"] {
            for (method, target) in [("PUT", "/files/a"), ("GET", "/files/a"), ("GET", "/jobs"), ("GET", "/nothing")] {
                let reply = try await daemon.request(
                    method,
                    target,
                    headers: [bearer(shown)],
                    body: method == "PUT" ? [1] : nil
                )
                #expect(!reply.text.contains("secret-token") && !reply.text.contains("Bearer"))
            }
            let basic = Data("x:\(shown)".utf8).base64EncodedString()
            _ = try await daemon.request("GET", "/files", headers: [("Authorization", "Basic \(basic)")])
        }
        daemon.terminate()
        #expect(await daemon.waitForExit() == 0)
        let lines = daemon.output.split(separator: "\n")
        #expect(!daemon.output.contains(secret.dropFirst("secret-token:".count).dropLast(2)))
        #expect(!daemon.output.contains("Basic "))
        #expect(lines.contains { $0.contains("file stored") && $0.contains("auth.id=token/ann") })
        #expect(lines.contains { $0.contains("request refused") && $0.contains("auth.id=token/ann") })
    }

    /// Counts what is there: after a restart, and when a watcher has taken a file.
    @Test func aQuotaCountsFilesThatAreThere() async throws {
        let secret = try await directory.newToken("ann", "--scope", "upload", "--quota", "10")
        let other = try await directory.newToken("bob", "--scope", "upload")
        let daemon = try await started()
        func put(_ name: String, _ size: Int, _ secret: String, on daemon: DaemonProcess) async throws -> Reply {
            let body = [UInt8](repeating: 1, count: size)
            return try await daemon.request("PUT", "/files/\(name)", headers: [bearer(secret)], body: body)
        }
        #expect(try await put("a", 8, secret, on: daemon).status == 201)
        #expect(try await put("b", 100, other, on: daemon).status == 201)
        daemon.kill()
        await daemon.waitForExit()
        let again = try await daemon.restart()
        let refused = try await put("c", 3, secret, on: again)
        #expect(refused.status == 507)
        #expect(refused.text.contains("\"limit\":10"))
        #expect(try await put("d", 2, secret, on: again).status == 201)
        try #require(unlink(directory.file("bucket/a").string) == 0)
        // The look that finds it gone is not taken at every request.
        while try await put("c", 3, secret, on: again).status == 507 { try Task.checkCancellation() }
        #expect(directory.names(in: "bucket") == ["b", "c", "d"])
    }
}

/// What `/openapi.json` says of who may call what.
private struct Description: Decodable {
    struct Operation: Decodable {
        var security: [[String: [String]]]?
    }

    /// An operation, or the parameters that all operations of a path have.
    struct Item: Decodable {
        let operation: Operation?

        init(from decoder: any Decoder) throws {
            operation = try? Operation(from: decoder)
        }
    }

    var paths: [String: [String: Item]]
}
