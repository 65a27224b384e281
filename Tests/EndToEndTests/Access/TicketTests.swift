import FoundationEssentials
import Glibc
import IngestTesting
import SystemPackage
import Testing

/// Tickets, from the admin who gives one out to the people who use it.
@Suite(.timeLimit(.minutes(2))) struct TicketTests {
    struct Issued: Decodable {
        var id: String
        var ticket: String
        var page: String
        var url: String
    }

    private struct Listed: Decodable {
        struct Ticket: Decodable {
            var id: String
            var usedFiles: Int
            var ticket: String?
        }
        var tickets: [Ticket]
    }

    let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    func started(_ settings: String = "") async throws -> (daemon: DaemonProcess, admin: (String, String)) {
        let admin = try await directory.newToken("ops", "--scope", "admin", "--scope", "upload")
        let options = DaemonProcess.Options(settings: directory.tokenSettings + settings)
        return (try await DaemonProcess.start(in: directory, options: options), bearer(admin))
    }

    func issue(_ order: String, on daemon: DaemonProcess, _ admin: (String, String)) async throws -> Issued {
        let reply = try await daemon.request("POST", "/tickets", headers: [admin], body: Array(order.utf8))
        try #require(reply.status == 201, "\(reply.text)")
        return try JSONDecoder().decode(Issued.self, from: Data(reply.body))
    }

    func used(_ issued: Issued, on daemon: DaemonProcess, _ admin: (String, String)) async throws -> Int? {
        let reply = try await daemon.request("GET", "/tickets", headers: [admin])
        let tickets = try JSONDecoder().decode(Listed.self, from: Data(reply.body)).tickets
        #expect(tickets.allSatisfy { $0.ticket == nil })
        return tickets.first { $0.id == issued.id }?.usedFiles
    }

    @Test func aTicketUploadsInEveryWay() async throws {
        let (daemon, admin) = try await started()
        let base = try #require(daemon.url)
        let issued = try await issue(#"{"prefix": "in/a", "expiresIn": "1h"}"#, on: daemon, admin)
        #expect(issued.url == "/files/in/a/?ticket=\(issued.ticket)")
        #expect(issued.page == "/?ticket=\(issued.ticket)")
        try directory.write(Array("hello".utf8), to: "a.txt")
        let file = directory.file("a.txt").string
        let put = try await CurlReply.get(["-T", file, "\(base)/files/in/a/put?ticket=\(issued.ticket)"])
        #expect(put.status == 201, "\(put.text)")
        let form = try await CurlReply.get(["-F", "file=@\(file)", base + issued.url])
        #expect(form.status == 201, "\(form.text)")
        let raw = ["-H", "Content-Type: text/plain", "-H", "Content-Disposition: attachment; filename=raw"]
        let posted = try await CurlReply.get(raw + ["--data-binary", "@\(file)", base + issued.url])
        #expect(posted.status == 201, "\(posted.text)")
        let pieces = ["-H", "Upload-Complete: ?1", "-H", "Upload-Draft-Interop-Version: 8"]
        let whole = try await CurlReply.get(pieces + ["-T", file, "\(base)/files/in/a/ietf?ticket=\(issued.ticket)"])
        #expect(whole.status == 201 || whole.status == 104, "\(whole.text)")
        // As a browser: the page of the link, its form, and back to the page.
        let page = try await CurlReply.get(["\(base)\(issued.page)"])
        #expect(page.status == 200)
        let action = try #require(page.text.firstMatch(of: /action="([^"]+)"/)?.1)
        #expect(String(action) == issued.url)
        #expect(!page.text.contains("in/a/put"))
        let sent = try await CurlReply.get(["-H", "Accept: text/html", "-F", "file=@\(file)", base + issued.url])
        #expect(sent.status == 303)
        #expect(sent["Location"] == issued.page)

        for (fields, content) in [
            ([("Tus-Resumable", "1.0.0"), ("Upload-Length", "5")], "application/offset+octet-stream"),
            (
                [("Upload-Complete", "?0"), ("Content-Disposition", "attachment; filename=draft")],
                "application/partial-upload"
            ),
        ] {
            let isTus = fields[0].0 == "Tus-Resumable"
            let begun = try await daemon.request("POST", issued.url, headers: fields, body: [])
            #expect(begun.status == 201, "\(begun.text)")
            let location = try #require(begun["Location"])
            let path = try #require(location.firstRange(of: "/uploads/").map { String(location[$0.lowerBound...]) })
            #expect(path.hasSuffix("?ticket=\(issued.ticket)"))
            let bare = String(path.prefix { $0 != "?" })
            let version = isTus ? [("Tus-Resumable", "1.0.0")] : [("Upload-Complete", "?1")]
            let append = version + [("Upload-Offset", "0"), ("Content-Type", content)]
            #expect(try await daemon.request("PATCH", bare, headers: append, body: Array("hello".utf8)).status == 401)
            let done = try await daemon.request("PATCH", path, headers: append, body: Array("hello".utf8))
            #expect([201, 204].contains(done.status), "\(done.text)")
        }
        #expect(directory.names(in: "bucket/in/a") == ["a (1).txt", "a.txt", "draft", "ietf", "put", "raw", "upload"])
        #expect(try await used(issued, on: daemon, admin) == 7)
        let shown = try await daemon.request("GET", "/tickets/\(issued.id)", headers: [admin])
        #expect(shown.status == 200 && shown.text.contains("\"usedFiles\":7"), "\(shown.text)")
        // What goes wrong is shown to a browser with the way back, and logged by its upload.
        let unnamed = ["-H", "Accept: text/html", "-H", "Content-Type: text/plain", "--data-binary", "x"]
        #expect(try await CurlReply.get(unnamed + [base + issued.url]).text.contains("href=\"\(issued.page)\""))
        let lost = "0123456789abcdef0123456789abcdef"
        #expect(try await daemon.request("HEAD", "/uploads/\(lost)?ticket=\(issued.ticket)").status == 404)
        #expect(daemon.output.contains("upload.id=\(lost)"))
        daemon.terminate()
        #expect(await daemon.waitForExit() == 0)
        #expect(!daemon.output.contains(issued.ticket.suffix(43)))
        #expect(daemon.output.contains("auth.id=ticket/\(issued.id)"))
    }

    @Test func aTicketAllowsNothingElse() async throws {
        let (daemon, admin) = try await started()
        let issued = try await issue(#"{"prefix": "in/a"}"#, on: daemon, admin)
        func status(_ method: String, _ target: String, _ body: [UInt8]? = nil) async throws -> Int {
            try await daemon.request(method, "\(target)?ticket=\(issued.ticket)", body: body).status
        }
        #expect(try await status("PUT", "/files/in/a/x", [1]) == 201)
        // It is not replaced, nor is anybody's file.
        #expect(try await status("PUT", "/files/in/a/x", [1]) == 409)
        for (method, target) in [
            ("GET", "/files"), ("GET", "/files/in/a/"), ("GET", "/files/in/a/x"), ("DELETE", "/files/in/a/x"),
            ("GET", "/jobs"), ("GET", "/metrics"), ("GET", "/tickets"), ("DELETE", "/tickets/\(issued.id)"),
            ("GET", "/tickets/\(issued.id)"),
            ("GET", "/thumbnails/in/a/x"),
        ] {
            #expect(try await status(method, target) == 403, "\(method) \(target)")
        }
        for target in ["/files/in/ab/x", "/files/x", "/files/in/a/../x"] {
            #expect(try await status("PUT", target, [1]) == 403, "\(target)")
        }
        #expect(try await status("POST", "/run-tasks", []) == 403)
        #expect(try await status("POST", "/tickets", []) == 403)
        #expect(directory.names(in: "bucket") == ["in"])
        #expect(directory.names(in: "bucket/in/a") == ["x"])
    }

    @Test func limitsAreKept() async throws {
        let (daemon, admin) = try await started()
        let order = #"{"maxSize": 5, "maxFiles": 2, "contentTypes": ["text/plain", "image/*"]}"#
        let issued = try await issue(order, on: daemon, admin)
        func put(_ name: String, _ size: Int, type: String? = "text/plain; charset=utf-8") async throws -> Reply {
            try await daemon.request(
                "PUT",
                "/files/\(name)?ticket=\(issued.ticket)",
                headers: type.map { [("Content-Type", $0)] } ?? [],
                body: [UInt8](repeating: 1, count: size)
            )
        }
        let large = try await put("large", 6)
        #expect(large.status == 413 && large.text.contains("\"limit\":5"))
        #expect(try await put("other", 1, type: "application/pdf").status == 403)
        #expect(try await put("none", 1, type: nil).status == 403)
        #expect(try await put("a", 5).status == 201)
        // A part of a form does not say how long it is.
        let form = FormBody(files: [("b", [UInt8](repeating: 1, count: 6))], contentType: "text/plain")
        let tooLarge = try await daemon.request(
            "POST",
            "/files?ticket=\(issued.ticket)",
            headers: [("Content-Type", form.contentType)],
            body: form.bytes
        )
        #expect(tooLarge.status == 413 && tooLarge.text.contains("\"limit\":5"), "\(tooLarge.text)")
        #expect(try await put("b", 1, type: "image/png").status == 201)
        #expect(try await put("c", 1).status == 403)
        #expect(directory.names(in: "bucket") == ["a", "b"])
        #expect(try await used(issued, on: daemon, admin) == 2)
        daemon.kill()
        await daemon.waitForExit()
        let again = try await daemon.restart()
        #expect(try await used(issued, on: again, admin) == 2)
    }

    @Test func asManyAsAreAllowedGetThrough() async throws {
        let (daemon, admin) = try await started()
        let issued = try await issue(#"{"maxFiles": 3}"#, on: daemon, admin)
        let statuses = try await withThrowingTaskGroup { group in
            for number in 0..<12 {
                group.addTask {
                    try await daemon.request("PUT", "/files/\(number)?ticket=\(issued.ticket)", body: [1]).status
                }
            }
            return try await group.reduce(into: [Int]()) { $0.append($1) }
        }
        #expect(statuses.count { $0 == 201 } == 3)
        // While those are in flight that will use it up, the others may try again.
        #expect(statuses.count { $0 == 403 || $0 == 503 } == 9)
        #expect(directory.names(in: "bucket").count == 3)
        #expect(try await used(issued, on: daemon, admin) == 3)
    }

    /// Revoked while an upload is on its way: it is not published.
    @Test func aRevokedTicketEnds() async throws {
        let (daemon, admin) = try await started()
        let issued = try await issue("{}", on: daemon, admin)
        let client = try await LoopbackClient.connect(to: daemon.address)
        defer { client.close() }
        try await client.send(LoopbackClient.head("PUT", "/files/a?ticket=\(issued.ticket)", length: 200_000))
        try await client.send([UInt8](repeating: 1, count: 100_000))
        try await daemon.waitForSpool(in: directory)
        #expect(try await daemon.request("DELETE", "/tickets/\(issued.id)", headers: [admin]).status == 204)
        #expect(try await daemon.request("DELETE", "/tickets/\(issued.id)", headers: [admin]).status == 404)
        try await client.send([UInt8](repeating: 1, count: 100_000))
        #expect(try await client.readReply().status == 403)
        #expect(try await daemon.request("PUT", "/files/b?ticket=\(issued.ticket)", body: [1]).status == 401)
        #expect(directory.names(in: "bucket").isEmpty)
        #expect(directory.names(in: "bucket.state/spool").isEmpty)
    }

    @Test func aTicketEndsAtItsTimeAndCannotBeMadeUp() async throws {
        let (daemon, admin) = try await started()
        let issued = try await issue(#"{"expiresIn": 1}"#, on: daemon, admin)
        while try await daemon.request("GET", issued.page).status != 401 { try Task.checkCancellation() }
        let longer = try await issue(#"{"expiresIn": "1h"}"#, on: daemon, admin)
        #expect(try await daemon.request("GET", longer.page).status == 200)
        let parts = longer.ticket.split(separator: ".")
        for made in ["\(parts[0]).9\(parts[1]).\(parts[2])", "x", "\(issued.id).\(parts[1]).\(parts[2])"] {
            #expect(try await daemon.request("GET", "/?ticket=\(made)").status == 401)
        }
        for order in [
            #"{"prefix": "../a"}"#, #"{"maxSize": 0}"#, #"{"maxFiles": "x"}"#, #"{"expiresIn": "soon"}"#, "[]",
        ] {
            #expect(
                try await daemon.request("POST", "/tickets", headers: [admin], body: Array(order.utf8)).status == 400
            )
        }
    }
}
