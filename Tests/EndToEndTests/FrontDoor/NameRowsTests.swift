import IngestTesting
import Testing

/// Names: a URL's is refused when it breaks a rule, a form's is repaired, and neither leads out of the bucket.
@Suite(.timeLimit(.minutes(2))) struct NameRowsTests {
    private static func stored(_ path: String) -> WireCase.Outcome { .stored([201], [path: [UInt8(ascii: "x")]]) }

    static let paths: [WireCase] = [
        .put("/files/.."), .put("/files/."), .put("/files/../x"), .put("/files/a/../x"), .put("/files/../../etc/x"),
        .put("/files//etc/x"), .put("/files//a"), .put("/files/a//b"), .put("/files/"), .put("/files/a/"),
        .put("/files/..%2fx"), .put("/files/%2e%2e/x"), .put("/files/%2e%2e%2fx"), .put("/files/%2e%2e%2f%2e%2e%2fx"),
        .put("/files/..%5cx"), .put("/files/a%2fb"), .put("/files/a%5cb"), .put("/files/%252e%252e%252fx"),
        .put("/files/%2fetc%2fx"), .put("/files/a%00b"), .put("/files/%00"), .put("/files/a%2500.png"),
        .put("/files/a%zzb"), .put("/files/a%"), .put("/files/a%2"), .put("/files/%c0%ae%c0%ae"), .put("/files/%ff"),
        .put("/files/%ed%a0%80"), .put("/files/%f5%80%80%80"), .put("/files/.htaccess"), .put("/files/.tmp-x"),
        .put("/files/a/.b/c"), .put("/files/-rf"), .put("/files/--help"), .put("/files/a/-b"), .put("/files/CON"),
        .put("/files/con.txt"), .put("/files/NUL.tar.gz"), .put("/files/COM%C2%B9"), .put("/files/a/lpt1.x/b"),
        .put("/files/CON%20.txt"), .put("/files/a."), .put("/files/a%20"), .put("/files/%20a"),
        .put("/files/gpj%E2%80%AE.exe"), .put("/files/a%E2%80%8Bb"), .put("/files/a%EF%BB%BF"),
        .put("/files/a%E2%81%84b"), .put("/files/a%EF%BC%8Fb"), .put("/files/a%F3%A0%80%81b"), .put("/files/a%07b"),
        .put("/files/a%C2%85b"), .put("/files/a%E2%80%A8b"), .put("/files/a%EF%BF%BE"), .put("/files/a%0d%0ab"),
        .put("/files/\(String(repeating: "a", count: 241))"),
        .put("/files/\(Array(repeating: "a", count: 33).joined(separator: "/"))"),
        .put("/files/\(Array(repeating: String(repeating: "a", count: 200), count: 6).joined(separator: "/"))"),
        WireCase.put("/files/e%CC%81").saying("\u{E9}"),
        .put("/files/\(String(repeating: "a", count: 240))", "", stored(String(repeating: "a", count: 240))),
        .put("/files/%C3%A9.txt", "", stored("\u{E9}.txt")),
        .put("/files/100%25", "", stored("100%")), .put("/files/a;b=c", "", stored("a;b=c")),
        .put("/files/a%20b%3F%23.txt?x=../y", "", stored("a b?#.txt")),
        .put("/files/$(id);%60id%60%20-x", "", stored("$(id);`id` -x")),
    ]

    @Test func aPathThatBreaksARuleIsRefused() async throws {
        let audited = try await AuditedDaemon.start()
        for row in Self.paths {
            try await audited.check(row)
        }
        await audited.stop()
    }

    static let hints: [(sent: String, stored: String)] = [
        ("../../x1", "x1"), ("/etc/x2", "x2"), ("..", "upload"), (".", "upload"), ("/", "upload"),
        (".htaccess", "htaccess"),
        (".tmp-x", "tmp-x"), ("-rf", "rf"), ("--help", "help"), ("CON", "_CON"), ("con.txt", "_con.txt"),
        ("COM\u{B9}", "_COM\u{B9}"), ("NUL.tar.gz", "_NUL.tar.gz"), ("a\u{202E}b.txt", "ab.txt"), ("a\u{200B}c", "ac"),
        ("C:\\dir\\x3.txt", "x3.txt"), ("a\u{FF0F}d", "a_d"), ("a%2f..%2fe", "a%2f..%2fe"), ("a%00f", "a%00f"),
        (" g ", "g"), ("h...", "h"), ("e\u{301}", "\u{E9}"), ("a%0d%0aX: y", "aX: y"), ("a\u{1B}[31mi", "a[31mi"),
        ("$(id);`id` -x", "$(id);`id` -x"), ("<script>", "<script>"), ("\u{FEFF}j", "j"),
        (String(repeating: "k", count: 300) + ".jpg", String(repeating: "k", count: 236) + ".jpg"),
    ]

    /// In a form, and in the header of a raw body.
    @Test func aHintIsRepaired() async throws {
        let audited = try await AuditedDaemon.start()
        for (number, hint) in Self.hints.enumerated() {
            let content = Array("content \(number)".utf8)
            for isForm in [true, false] {
                let form = FormBody(files: [(hint.sent, content)])
                let escaped = hint.sent.replacing("\\", with: "\\\\")
                let reply =
                    isForm
                    ? try await audited.daemon.request(
                        "POST",
                        "/upload-file",
                        headers: [("Content-Type", form.contentType)],
                        body: form.bytes
                    )
                    : try await audited.daemon.request(
                        "POST",
                        "/files",
                        headers: [("Content-Disposition", "attachment; filename=\"\(escaped)\"")],
                        body: content
                    )
                if !isForm, reply.status == 400, hint.sent.utf8.contains(where: { $0 < 0x20 }) { continue }
                #expect([200, 201].contains(reply.status), "\(hint.sent): \(reply.text)")
                let name = try #require(audited.directory.names(in: "bucket").first { $0 != "good" }, "\(hint.sent)")
                if isForm { #expect(Array(name.utf8) == Array(hint.stored.utf8), "\(hint.sent)") }
                try await audited.audit(after: "the name \(hint.sent)", keeping: [name: content])
                #expect(try await audited.daemon.request("DELETE", "/files/\(name.percentEncoded)").status == 204)
            }
        }
        await audited.stop()
    }

    /// Names that people cannot tell apart are one file; those that differ in case are two.
    @Test func twinsDoNotMeet() async throws {
        let audited = try await AuditedDaemon.start()
        let daemon = audited.daemon
        #expect(try await daemon.request("PUT", "/files/%C3%A9", body: [1]).status == 201)
        #expect(try await daemon.request("PUT", "/files/e%CC%81", body: [2]).status == 400)
        #expect(try await daemon.request("PUT", "/files/a.txt", body: [3]).status == 201)
        #expect(try await daemon.request("PUT", "/files/A.txt", body: [4]).status == 201)
        let form = FormBody(files: [("e\u{301}", [5])])
        let headers = [("Content-Type", form.contentType)]
        #expect(try await daemon.request("POST", "/upload-file", headers: headers, body: form.bytes).status == 200)
        let files: [String: [UInt8]] = ["\u{E9}": [1], "a.txt": [3], "A.txt": [4], "\u{E9} (1)": [5]]
        try await audited.audit(after: "twins", keeping: files)
        await audited.stop()
    }

    /// A directory's listing holds what is below it, not what begins like it.
    @Test func aDirectoryEndsAtItsSlash() async throws {
        let audited = try await AuditedDaemon.start()
        for path in ["a/x", "ab/y", "a-b/z"] {
            #expect(try await audited.daemon.request("PUT", "/files/\(path)", body: [1]).status == 201)
        }
        let listed = try await audited.daemon.json(FileList.self, at: "/files/a/").files
        #expect(listed.map(\.filename) == ["a/x"])
        await audited.stop()
    }
}
