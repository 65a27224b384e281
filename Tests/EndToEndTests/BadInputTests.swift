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
            "one length twice",
            "PUT /files/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx"
        ),
        Case("bare line feeds in the head", "PUT /files/a HTTP/1.1\nHost: localhost\nContent-Length: 1\n\nx"),
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
            "no line end after a chunk",
            "PUT /files/a HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabXX0\r\n\r\n"
        ),
        Case(
            "a chunk of 2^64 - 1 bytes",
            "PUT /files/a HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nab",
            [400, 408, 413]
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
        .form(
            "a nested multipart/mixed",
            "--B\r\nContent-Type: multipart/mixed; boundary=C\r\n\(part)--B--\r\n",
            [400, 415]
        ),
        // RFC 7578 section 4.2 forbids `filename*` in forms: the part is a field, and there is no file.
        .form(
            "only a filename*",
            "--B\r\nContent-Disposition: form-data; name=f; filename*=UTF-8''a\r\n\r\nx\r\n--B--\r\n"
        ),
        .form("a long epilogue", "--B\r\n\(part)--B--\r\n\(String(repeating: "x", count: 100_000))"),
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

    private static let goodPart = part.replacing("filename=\"a\"", with: "filename=\"good-form\"")
    private static let longestBoundary = String(repeating: "b", count: 70)

    /// Unusual, and right.
    static let accepted: [Case] = [
        .form("a boundary of 1", "--c\r\n\(goodPart)--c--\r\n", type: "multipart/form-data; boundary=c", [200]),
        .form(
            "a boundary of 70",
            "--\(longestBoundary)\r\n\(goodPart)--\(longestBoundary)--\r\n",
            type: "multipart/form-data; boundary=\(longestBoundary)",
            [200]
        ),
        .form("a short epilogue", "--B\r\n\(goodPart)--B--\r\n\(String(repeating: "x", count: 100))", [200]),
    ]

    /// What the HTTP library may answer itself, before we are asked: malformed chunks.
    private static let answeredByLibrary: Set<String> = [
        "bad chunk size", "no line end after a chunk", "a chunk of 2^64 - 1 bytes",
    ]

    /// All of them against one daemon, and after each of them a good upload.
    @Test func eachIsRefusedAndNothingIsKept() async throws {
        let directory = try TemporaryDirectory()
        let daemon = try await DaemonProcess.start(in: directory)
        for bad in Self.cases + Self.accepted {
            let client = try await LoopbackClient.connect(to: daemon.address)
            defer { client.close() }
            try? await client.send(bad.request)
            let reply = try await client.readReply()
            #expect(bad.allowed.contains(reply.status), "\(bad.name): \(reply.status) \(reply.text)")
            if reply.status >= 400, !Self.answeredByLibrary.contains(bad.name) {
                #expect(reply["Content-Type"]?.hasPrefix("application/problem+json") == true, "\(bad.name)")
            }
            let good = try await daemon.request("PUT", "/files/good", body: [1])
            #expect((200..<300).contains(good.status), "after \(bad.name): \(good.text)")
            let names = directory.names(in: "bucket").filter { !$0.hasPrefix("good") && !$0.hasPrefix("%2") }
            #expect(names.isEmpty, "\(bad.name) left \(names)")
            #expect(directory.names(in: "bucket.state/spool").isEmpty, "\(bad.name)")
        }
        daemon.terminate()
        #expect(await daemon.waitForExit() == 0)
    }

    /// A form's file name is a hint: what cannot stay of it is dropped, and it never leads out of the bucket.
    @Test func filenamesOfFormsAreRepaired() async throws {
        let directory = try TemporaryDirectory()
        let daemon = try await DaemonProcess.start(in: directory)
        let before = directory.names(in: ".")
        let names = [
            ("../../x1", "x1"), ("/etc/x2", "x2"), (".htaccess", "htaccess"), ("-rf", "rf"), ("CON", "_CON"),
            ("a\u{202E}b.txt", "ab.txt"), ("C:\\dir\\x3.txt", "x3.txt"),
        ]
        var stored: Set<String> = []
        for (sent, expected) in names {
            let form = FormBody(files: [(sent, Array(expected.utf8))])
            let headers = [("Content-Type", form.contentType)]
            let reply = try await daemon.request("POST", "/upload-file", headers: headers, body: form.bytes)
            #expect(reply.status == 200, "\(sent): \(reply.text)")
            stored.insert(expected)
            #expect(Set(directory.names(in: "bucket")) == stored, "\(sent)")
        }
        for (_, name) in names {
            #expect(try directory.read("bucket/\(name)") == Array(name.utf8))
        }
        #expect(directory.names(in: ".") == before)
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
