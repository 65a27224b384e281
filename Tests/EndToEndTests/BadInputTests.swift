import IngestTesting
import Testing

/// Hostile input costs the sender: a clear answer, nothing kept, and the daemon goes on.
@Suite(.timeLimit(.minutes(2))) struct BadInputTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        /// The whole request as it goes over the wire.
        let request: String
        let allowed: Set<Int>
        var testDescription: String { name }

        init(_ name: String, _ request: String, _ allowed: Set<Int> = [400]) {
            self.name = name
            self.request = request
            self.allowed = allowed
        }

        static func form(
            _ name: String,
            _ body: String,
            type: String = "multipart/form-data; boundary=B",
            _ allowed: Set<Int> = [400]
        ) -> Case {
            let head = "POST /upload-file HTTP/1.1\r\nHost: localhost\r\nContent-Type: \(type)\r\n"
            return Case(name, "\(head)Content-Length: \(body.utf8.count)\r\n\r\n\(body)", allowed)
        }

        static func put(_ target: String, headers: String = "", _ allowed: Set<Int> = [400]) -> Case {
            Case(
                "\(target) \(headers)",
                "PUT \(target) HTTP/1.1\r\nHost: localhost\r\n\(headers)Content-Length: 1\r\n\r\nx",
                allowed
            )
        }
    }

    private static let part = "Content-Disposition: form-data; name=\"f\"; filename=\"a\"\r\n\r\nabc\r\n"

    static let cases: [Case] = [
        Case("no Host", "PUT /files/a HTTP/1.1\r\nContent-Length: 1\r\n\r\nx"),
        Case("two Hosts", "PUT /files/a HTTP/1.1\r\nHost: a\r\nHost: b\r\nContent-Length: 1\r\n\r\nx"),
        Case(
            "two lengths",
            "PUT /files/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx"
        ),
        Case(
            "length and chunks",
            "PUT /files/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        ),
        Case("space before the colon", "PUT /files/a HTTP/1.1\r\nHost: localhost\r\nContent-Length : 1\r\n\r\nx"),
        Case("folded header", "PUT /files/a HTTP/1.1\r\nHost: localhost\r\nX: y\r\n Content-Length: 1\r\n\r\nx"),
        Case(
            "bad chunk size",
            "PUT /files/a HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0x2\r\nab\r\n0\r\n\r\n"
        ),
        Case(
            "unknown coding",
            "PUT /files/a HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            [400, 501]
        ),
        .put("/files/a", headers: "Content-Encoding: gzip\r\n", [415]),
        .put("/files/a", headers: "Content-Range: bytes 0-0/2\r\n"),
        .put("/files/..%2fx"), .put("/files/%2e%2e/x", [400, 404]), .put("/files/a%00b"), .put("/files/a%zzb"),
        .put("/files/..%5cx"), .put("/files/%252e%252e%252fx", [201, 400]), .put("/files/%c0%ae%c0%ae"),
        .put("/files/%ff"), .put("/files/.htaccess", [400, 404]), .put("/files/-rf"), .put("/files/CON"),
        .put("/files/con.txt"), .put("/files/NUL.tar.gz"), .put("/files/a."), .put("/files/%20a"),
        .put("/files/gpj%E2%80%AE.exe"), .put("/files/e%CC%81"), .put("/files//a"), .put("/files/", [400, 404, 405]),
        .form("no boundary", "--B\r\n\(part)--B--\r\n", type: "multipart/form-data"),
        .form("an empty boundary", "--B\r\n\(part)--B--\r\n", type: "multipart/form-data; boundary=\"\""),
        .form("a long boundary", "x", type: "multipart/form-data; boundary=\(String(repeating: "b", count: 71))"),
        .form("no close delimiter", "--B\r\n\(part)--B\r\n"),
        .form("no part", "--B--\r\n"),
        .form("an empty body", ""),
        .form(
            "two filenames",
            "--B\r\nContent-Disposition: form-data; name=f; filename=a; filename=b\r\n\r\nx\r\n--B--\r\n"
        ),
        .form("no name", "--B\r\nContent-Disposition: form-data; filename=a\r\n\r\nx\r\n--B--\r\n"),
        .form("no disposition", "--B\r\nContent-Type: text/plain\r\n\r\nx\r\n--B--\r\n"),
        .form(
            "a folded part header",
            "--B\r\nContent-Disposition: form-data;\r\n name=f; filename=a\r\n\r\nx\r\n--B--\r\n"
        ),
        .form("bare line feeds", "--B\n\(part.replacing("\r\n", with: "\n"))--B--\n"),
        .form(
            "a base64 part",
            "--B\r\nContent-Transfer-Encoding: base64\r\n\(part)--B--\r\n",
            [400, 415]
        ),
        .form("only a field", "--B\r\nContent-Disposition: form-data; name=f\r\n\r\nx\r\n--B--\r\n"),
        .form(
            "too many files",
            String(repeating: "--B\r\n\(part)", count: 101) + "--B--\r\n",
            [413]
        ),
        .form(
            "a huge field",
            "--B\r\nContent-Disposition: form-data; name=f\r\n\r\n\(String(repeating: "x", count: 70_000))\r\n--B--\r\n",
            [413]
        ),
        .form("a long preamble", String(repeating: "\r\n", count: 20_000) + "--B\r\n\(part)--B--\r\n"),
        .form("a good file, then a bad part", "--B\r\n\(part)--B\r\nX: y\r\n\r\nz\r\n--B--\r\n"),
    ]

    /// All of them against one daemon, and after each of them a good upload.
    @Test func eachIsRefusedAndNothingIsKept() async throws {
        let directory = try TemporaryDirectory()
        let daemon = try await DaemonProcess.start(in: directory)
        for bad in Self.cases {
            let client = try await LoopbackClient.connect(to: daemon.address)
            defer { client.close() }
            try? await client.send(bad.request)
            let reply = try await client.readReply()
            #expect(bad.allowed.contains(reply.status), "\(bad.name): \(reply.status) \(reply.text)")
            // The HTTP library answers a malformed chunk itself, before we are asked.
            if reply.status >= 400, bad.name != "bad chunk size" {
                #expect(reply["Content-Type"]?.hasPrefix("application/problem+json") == true, "\(bad.name)")
            }
            let good = try await daemon.request("PUT", "/files/good", body: [1])
            #expect((200..<300).contains(good.status), "after \(bad.name): \(good.text)")
            let names = directory.names(in: "bucket").filter { $0 != "good" && !$0.hasPrefix("%2") }
            #expect(names.isEmpty, "\(bad.name) left \(names)")
            #expect(directory.names(in: "bucket.state/spool").isEmpty, "\(bad.name)")
        }
        daemon.terminate()
        #expect(await daemon.waitForExit() == 0)
    }

    @Test func aBodyCutShortIsNotStored() async throws {
        let directory = try TemporaryDirectory()
        let daemon = try await DaemonProcess.start(in: directory)
        for head in [
            LoopbackClient.head("PUT", "/files/cut", length: 100_000),
            LoopbackClient.head("PUT", "/files/cut", headers: [("Transfer-Encoding", "chunked")]) + "100\r\n",
        ] {
            let client = try await LoopbackClient.connect(to: daemon.address)
            try await client.send(head)
            try await client.send([UInt8](repeating: 1, count: 200))
            client.close()
        }
        while try await !daemon.hasIdleSpool(directory) {
            await Task.yield()
        }
        #expect(directory.names(in: "bucket").isEmpty)
        #expect(try await daemon.request("PUT", "/files/good", body: [1]).status == 201)
    }
}

extension DaemonProcess {
    /// Whether the daemon counts two uploads as failed and keeps nothing of them.
    fileprivate func hasIdleSpool(_ directory: TemporaryDirectory) async throws -> Bool {
        try Task.checkCancellation()
        let failed = try await metric("bucketd_uploads_total{outcome=\"truncated\"}")
        return failed == 2 && directory.names(in: "bucket.state/spool").isEmpty
    }
}
