import IngestTesting
import Testing

/// What comes out again was sent by anybody: no browser may take it for a page of the server.
@Suite(.timeLimit(.minutes(2))) struct ServingRowsTests {
    struct Served: Sendable {
        let name: String
        let declared: String?
        /// Nil: to be saved, not shown.
        let shown: String?

        init(_ name: String, _ declared: String?, shown: String? = nil) {
            (self.name, self.declared, self.shown) = (name, declared, shown)
        }
    }

    static let rows = [
        Served("a.png", "image/png", shown: "image/png"), Served("b.JPG", "image/jpeg", shown: "image/jpeg"),
        Served("c.gif", "image/gif", shown: "image/gif"), Served("d.webp", "image/webp", shown: "image/webp"),
        Served("e.txt", "text/plain", shown: "text/plain; charset=utf-8"),
        Served("f.txt", "Text/Plain; charset=<script>", shown: "text/plain; charset=utf-8"),
        Served("g.svg", "image/svg+xml"), Served("h.html", "text/html"), Served("i.xml", "text/xml"),
        Served("j.pdf", "application/pdf"), Served("k.js", "text/javascript"), Served("l.xhtml", "text/plain"),
        Served("m.png", "text/html"), Served("n.html", "image/png"), Served("o.png", nil), Served("noext", "text/html"),
        Served("p", nil), Served("q.png.html", "image/png"), Served("r.mht", "multipart/related"),
        Served("\"><img src=x onerror=alert(1)>.png", "text/html"), Served("\u{E9}%0d%0aX.html", "text/html"),
    ]

    private static let page = Array("<!DOCTYPE html><script>alert(document.domain)</script>".utf8)

    private func expectHarmless(_ reply: Reply, _ row: Served) {
        #expect(reply["X-Content-Type-Options"] == "nosniff", "\(row.name)")
        #expect(reply["Content-Security-Policy"] == "default-src 'none'; sandbox", "\(row.name)")
        #expect(reply["Cross-Origin-Resource-Policy"] == "same-origin", "\(row.name)")
        #expect(reply["Content-Type"] == row.shown ?? "application/octet-stream", "\(row.name)")
        let disposition = reply["Content-Disposition"]
        #expect(disposition?.hasPrefix("attachment; filename=\"") != (row.shown != nil), "\(row.name)")
        #expect(disposition?.utf8.allSatisfy { (0x20..<0x7F).contains($0) } != false, "\(row.name)")
        #expect(disposition?.count { $0 == "\"" } ?? 2 == 2, "\(row.name)")
        #expect(reply["Cache-Control"]?.contains("private") == true, "\(row.name)")
    }

    @Test func onlyListedTypesAreShown() async throws {
        let directory = try TemporaryDirectory()
        let daemon = try await DaemonProcess.start(in: directory)
        for row in Self.rows {
            let target = "/files/\(row.name.percentEncoded)"
            let type = row.declared.map { [("Content-Type", $0)] } ?? []
            #expect(
                try await daemon.request("PUT", target, headers: type, body: Self.page).status == 201,
                "\(row.name)"
            )
            let whole = try await daemon.request("GET", target)
            #expect(whole.body == Self.page)
            expectHarmless(whole, row)
            expectHarmless(try await daemon.request("HEAD", target), row)
            let part = try await daemon.request("GET", target, headers: [("Range", "bytes=15-")])
            #expect(part.status == 206)
            expectHarmless(part, row)
        }
    }

    /// Nobody said what they are.
    @Test func foreignFilesAreSaved() async throws {
        let directory = try TemporaryDirectory()
        try directory.makeDirectory("bucket")
        for name in ["a.png", "b.txt", "c.html", "noext"] {
            try directory.write(Self.page, to: "bucket/\(name)")
        }
        let daemon = try await DaemonProcess.start(in: directory)
        for name in directory.names(in: "bucket") {
            let reply = try await daemon.request("GET", "/files/\(name)")
            #expect(reply.body == Self.page)
            expectHarmless(reply, Served(name, nil))
        }
    }

    private static let hostile = "%0d%0aX-Injected:%20yes%0d%0a%0d%0a%3Cscript%3Ealert(1)%3C/script%3E"

    static let echoes: [String] = [
        "GET /\(hostile)", "GET /files/\(hostile)", "GET /files/\(hostile)/", "GET /files?prefix=\(hostile)",
        "GET /files?after=\(hostile)", "GET /files?limit=\(hostile)", "GET /thumbnails/\(hostile)",
        "GET /thumbnails/a?size=\(hostile)", "GET /jobs/\(hostile)", "GET /jobs?state=\(hostile)",
        "GET /jobs?kind=\(hostile)", "GET /jobs?file=\(hostile)", "GET /?\(hostile)", "GET /docs?\(hostile)",
        "PUT /files/\(hostile)", "DELETE /files/\(hostile)", "POST /files/\(hostile)/", "POST /jobs/\(hostile)/retry",
        "POST /\(hostile)", "OPTIONS /files/\(hostile)", "HEAD /files/\(hostile)", "PATCH /files/\(hostile)",
    ]

    /// No value of a request comes back as markup or as a field; pages of the server's own hold no script at all.
    @Test(arguments: ["*/*", "text/html"])
    func nothingIsEchoedRaw(accept: String) async throws {
        let audited = try await AuditedDaemon.start()
        for echo in Self.echoes {
            let words = echo.split(separator: " ").map(String.init)
            let fields = [
                ("Accept", accept), ("Cookie", "<script>"), ("User-Agent", "<script>"), ("Referer", "<script>"),
                ("Content-Disposition", "attachment; filename=\"a<script>.html\""), ("Content-Type", "text/<script>"),
                ("If-Match", "\"<script>\""),
            ]
            let body: [UInt8]? = ["PUT", "POST", "PATCH"].contains(words[0]) ? Array("<script>".utf8) : nil
            let reply = try await audited.daemon.request(words[0], words[1], headers: fields, body: body)
            expectNoEcho(reply, echo)
        }
        let order = Array("{\"tasks\": [\"<script>\\r\\nX-Injected: yes\"]}".utf8)
        let refused = try await audited.daemon.request("POST", "/run-tasks", body: order)
        #expect(refused.status == 400)
        expectNoEcho(refused, "run-tasks")
        try await audited.audit(after: "echoes")
        await audited.stop()
    }

    /// The names of files are text, on the page and in JSON.
    @Test func namesAreShownAsText() async throws {
        let directory = try TemporaryDirectory()
        let daemon = try await DaemonProcess.start(in: directory)
        let form = FormBody(files: [("<script>alert(1)<%22img src=x onerror='&.html", Self.page)])
        let type = ("Content-Type", form.contentType)
        let stored = try await daemon.request("POST", "/upload-file", headers: [type], body: form.bytes)
        #expect(stored.status == 200)
        expectNoEcho(stored, "upload")
        let taken = try await daemon.request(
            "POST",
            "/files",
            headers: [type, ("Accept", "text/html")],
            body: form.bytes
        )
        #expect(taken.status == 303)
        expectNoEcho(taken, "form")
        try await daemon.settleJobs()
        for target in ["/", "/files", "/jobs"] {
            let reply = try await daemon.request("GET", target)
            #expect(reply.text.contains("alert(1)"))
            expectNoEcho(reply, target)
        }
    }

    private func expectNoEcho(_ reply: Reply, _ request: String) {
        #expect(reply["X-Injected"] == nil, "\(request)")
        #expect(!reply.text.contains("<script"), "\(request): \(reply.text)")
        #expect(!reply.text.contains("<img src=x"), "\(request): \(reply.text)")
        #expect(!reply.text.contains("\r"), "\(request)")
        #expect(!reply.headers.contains { $0.value.contains("<") }, "\(request)")
        #expect(reply.body.isEmpty || reply["X-Content-Type-Options"] == "nosniff", "\(request)")
    }
}
