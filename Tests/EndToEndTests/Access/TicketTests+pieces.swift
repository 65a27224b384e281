import IngestTesting
import SystemPackage
import Testing

/// Uploads of several requests, each of which is a ticket's all the time.
extension TicketTests {
    private func tus(
        _ method: String,
        _ target: String,
        _ issued: Issued,
        _ fields: [(String, String)] = [],
        _ body: String? = nil,
        on daemon: DaemonProcess
    ) async throws -> Reply {
        let content = body == nil ? [] : [("Content-Type", "application/offset+octet-stream")]
        return try await daemon.request(
            method,
            target.contains("?") ? target : "\(target)?ticket=\(issued.ticket)",
            headers: [("Tus-Resumable", "1.0.0")] + fields + content,
            body: body.map { Array($0.utf8) } ?? (method == "POST" ? [] : nil)
        )
    }

    private func begin(_ fields: [(String, String)], _ issued: Issued, on daemon: DaemonProcess) async throws -> String
    {
        let reply = try await tus("POST", "/files", issued, fields, on: daemon)
        try #require(reply.status == 201, "\(reply.text)")
        let location = try #require(reply["Location"])
        return try #require(location.firstRange(of: "/uploads/").map { String(location[$0.lowerBound...]) })
    }

    /// Orders an upload of a piece that has no length yet, then sends that; returns once the upload is over, or made.
    private func concatenate(
        _ count: Int,
        of content: String,
        to name: String,
        _ issued: Issued,
        on daemon: DaemonProcess,
        meanwhile: () async throws -> Void = {}
    ) async throws -> Reply {
        let piece = try await begin([("Upload-Concat", "partial"), ("Upload-Defer-Length", "1")], issued, on: daemon)
        let pieces = [String](repeating: piece, count: count).joined(separator: " ")
        let metadata = ("Upload-Metadata", "filename \(name)")
        let upload = try await begin([("Upload-Concat", "final;\(pieces)"), metadata], issued, on: daemon)
        try await meanwhile()
        let fields = [("Upload-Offset", "0"), ("Upload-Length", "\(content.utf8.count)")]
        #expect(try await tus("PATCH", piece, issued, fields, content, on: daemon).status == 204)
        while true {
            let head = try await tus("HEAD", upload, issued, on: daemon)
            if head.status != 200 || head["Upload-Offset"] != nil { return head }
            try Task.checkCancellation()
        }
    }

    @Test func itsSizeHoldsForWhatIsMadeOfPiecesLater() async throws {
        let (daemon, admin) = try await started()
        let issued = try await issue(#"{"maxSize": 10}"#, on: daemon, admin)
        #expect(try await concatenate(2, of: "123456", to: "YQ==", issued, on: daemon).status == 404)
        #expect(directory.names(in: "bucket").isEmpty)
        #expect(try await concatenate(2, of: "12345", to: "YQ==", issued, on: daemon)["Upload-Offset"] == "10")
        #expect(directory.names(in: "bucket") == ["a"])
        #expect(try await used(issued, on: daemon, admin) == 1)
    }

    /// With every protocol, where files that name themselves replace others.
    @Test func aTicketReplacesNothingWhateverCollisionsAreSetTo() async throws {
        let (daemon, admin) = try await started("collision: replace\n")
        #expect(try await daemon.request("PUT", "/files/a", headers: [admin], body: [7]).status == 201)
        let issued = try await issue("{}", on: daemon, admin)
        let form = FormBody(files: [("a", [1])])
        let sent = try await daemon.request(
            "POST",
            "/files?ticket=\(issued.ticket)",
            headers: [("Content-Type", form.contentType)],
            body: form.bytes
        )
        #expect(sent.status == 409)
        let name = ("Content-Disposition", "attachment; filename=a")
        for fields in [[name], [name, ("Upload-Complete", "?1"), ("Upload-Draft-Interop-Version", "8")]] {
            let raw = try await daemon.request("POST", "/files?ticket=\(issued.ticket)", headers: fields, body: [1])
            #expect(raw.status == 409, "\(raw.text)")
        }
        for match in ["*", "\"\(String(repeating: "0", count: 64))\""] {
            let put = try await daemon.request(
                "PUT",
                "/files/a?ticket=\(issued.ticket)",
                headers: [("If-Match", match)],
                body: [1]
            )
            #expect([409, 412].contains(put.status))
        }
        let fields = [("Upload-Length", "1"), ("Upload-Metadata", "filename YQ==")]
        #expect(try await tus("POST", "/files", issued, fields, "1", on: daemon).status == 409)
        // The name was free when it was ordered.
        let late = try await concatenate(1, of: "1", to: "Yg==", issued, on: daemon) {
            let put = try await daemon.request("PUT", "/files/b", headers: [admin], body: [8])
            #expect(put.status == 201)
        }
        #expect(late.status == 404)
        #expect(try directory.read("bucket/b") == [8])
        #expect(directory.names(in: "bucket") == ["a", "b"])
        #expect(try directory.read("bucket/a") == [7])
        #expect(try await used(issued, on: daemon, admin) == 0)
    }

    /// What is begun and not finished costs the ticket.
    @Test func unfinishedUploadsAreBounded() async throws {
        let (daemon, admin) = try await started()
        let issued = try await issue(#"{"maxFiles": 1, "maxSize": 10}"#, on: daemon, admin)
        let fields = [("Upload-Length", "10")]
        func begin(_ content: String) async throws -> Reply {
            try await tus("POST", "/files", issued, fields, content, on: daemon)
        }
        for _ in 0..<2 { #expect(try await begin("123456789").status == 201) }
        let refused = try await begin("123456789")
        #expect(refused.status == 507)
        #expect(refused.text.contains("\"limit\":20"))
        let other = try await issue(#"{"maxFiles": 1}"#, on: daemon, admin)
        for _ in 0..<20 {
            #expect(try await tus("POST", "/files", other, fields, on: daemon).status == 201)
        }
        let tooMany = try await tus("POST", "/files", other, fields, on: daemon)
        #expect(tooMany.status == 503)
        #expect(tooMany.text.contains("\"limit\":20"))
        // It is nobody else's limit.
        let third = try await issue("{}", on: daemon, admin)
        #expect(try await tus("POST", "/files", third, fields, on: daemon).status == 201)
    }

    @Test func unfinishedUploadsEndWithTheTicket() async throws {
        let (daemon, admin) = try await started()
        let issued = try await issue("{}", on: daemon, admin)
        let others = try await issue("{}", on: daemon, admin)
        for _ in 0..<3 {
            #expect(try await tus("POST", "/files", issued, [("Upload-Length", "10")], "123", on: daemon).status == 201)
        }
        let stays = try await begin([("Upload-Length", "10")], others, on: daemon)
        let busy = try await begin([("Upload-Length", "10")], issued, on: daemon)
        let client = try await LoopbackClient.connect(to: daemon.address)
        defer { client.close() }
        let head = LoopbackClient.head(
            "PATCH",
            busy,
            headers: [
                ("Tus-Resumable", "1.0.0"), ("Upload-Offset", "0"), ("Content-Type", "application/offset+octet-stream"),
            ],
            length: 10
        )
        try await client.send(head + "12345")
        while directory.names(in: "bucket.state/spool").count < 4 { try Task.checkCancellation() }
        #expect(try await daemon.request("DELETE", "/tickets/\(issued.id)", headers: [admin]).status == 204)
        #expect(directory.names(in: "bucket.state/spool").isEmpty)
        #expect(try await tus("HEAD", stays, others, on: daemon).status == 200)
    }

    /// A piece is no file, and an upload that is complete takes no more of them.
    @Test func aTicketForOneFileIsEnoughForItsPiecesAndItsAnswer() async throws {
        let (daemon, admin) = try await started()
        let issued = try await issue(#"{"maxFiles": 1, "maxSize": 10}"#, on: daemon, admin)
        var pieces: [String] = []
        for _ in 0..<3 {
            pieces.append(try await begin([("Upload-Concat", "partial"), ("Upload-Length", "3")], issued, on: daemon))
        }
        for piece in pieces {
            let reply = try await tus("PATCH", piece, issued, [("Upload-Offset", "0")], "123", on: daemon)
            #expect(reply.status == 204, "\(reply.text)")
        }
        _ = try await begin([("Upload-Concat", "final;\(pieces.joined(separator: " "))")], issued, on: daemon)
        #expect(try directory.read("bucket/upload") == Array("123123123".utf8))
        #expect(try await used(issued, on: daemon, admin) == 1)

        let second = try await issue(#"{"maxFiles": 1}"#, on: daemon, admin)
        let target = "/files/a?ticket=\(second.ticket)"
        let version = ("Upload-Draft-Interop-Version", "8")
        let begun = try await daemon.request(
            "PUT",
            target,
            headers: [version, ("Upload-Complete", "?0")],
            body: Array("123".utf8)
        )
        let location = try #require(begun["Location"], "\(begun.text)")
        let upload = String(location[try #require(location.firstRange(of: "/uploads/")).lowerBound...])
        func append(_ body: String, at offset: Int) async throws -> Reply {
            let fields = [
                version, ("Upload-Complete", "?1"), ("Upload-Offset", "\(offset)"),
                ("Content-Type", "application/partial-upload"),
            ]
            return try await daemon.request("PATCH", upload, headers: fields, body: Array(body.utf8))
        }
        let answer = try await append("45", at: 3)
        #expect(answer.status == 201, "\(answer.text)")
        // The answer was lost: it is asked for again.
        let again = try await append("", at: 5)
        #expect(again.status == 201, "\(again.text)")
        #expect(again.text.contains("\"filename\":\"a\""), "\(again.text)")
        #expect(try await used(second, on: daemon, admin) == 1)
    }

    /// Those in flight may come to nothing.
    @Test func aFormOutlivesOthersThatHaveWhatIsLeftOfTheTicket() async throws {
        let (daemon, admin) = try await started()
        let issued = try await issue(#"{"maxFiles": 3}"#, on: daemon, admin)
        let form = FormBody(files: [("a", [1, 2]), ("b", [3])])
        let version = ("Upload-Draft-Interop-Version", "8")
        let begun = try await daemon.request(
            "POST",
            "/files?ticket=\(issued.ticket)",
            headers: [version, ("Upload-Complete", "?0"), ("Content-Type", form.contentType)],
            body: Array(form.bytes[..<20])
        )
        let location = try #require(begun["Location"], "\(begun.text)")
        let upload = String(location[try #require(location.firstRange(of: "/uploads/")).lowerBound...])
        func complete(from offset: Int) async throws -> Reply {
            let fields = [
                version, ("Upload-Complete", "?1"), ("Upload-Offset", "\(offset)"),
                ("Content-Type", "application/partial-upload"),
            ]
            return try await daemon.request("PATCH", upload, headers: fields, body: Array(form.bytes[offset...]))
        }
        var others: [LoopbackClient] = []
        defer { for other in others { other.close() } }
        for name in ["x", "y"] {
            let client = try await LoopbackClient.connect(to: daemon.address)
            others.append(client)
            try await client.send(LoopbackClient.head("PUT", "/files/\(name)?ticket=\(issued.ticket)", length: 2))
            try await client.send([1])
        }
        while directory.names(in: "bucket.state/spool").count < 3 { try Task.checkCancellation() }
        let refused = try await complete(from: 20)
        #expect(refused.status == 503, "\(refused.text)")
        #expect(refused["Retry-After"] != nil)
        try await others[0].send([2])
        #expect(try await others[0].readReply().status == 201)
        others[1].close()
        while directory.names(in: "bucket.state/spool").count > 1 { try Task.checkCancellation() }
        while true {
            let answer = try await complete(from: form.bytes.count)
            guard answer.status == 503 else {
                #expect(answer.status == 201, "\(answer.text)")
                break
            }
        }
        #expect(directory.names(in: "bucket") == ["a", "b", "x"])
        #expect(try await used(issued, on: daemon, admin) == 3)
    }

    @Test func aTicketThatIsUsedUpTakesNoPieces() async throws {
        let (daemon, admin) = try await started()
        let issued = try await issue(#"{"maxFiles": 1}"#, on: daemon, admin)
        let fields = [("Upload-Concat", "partial"), ("Upload-Length", "3")]
        let piece = try await begin(fields, issued, on: daemon)
        #expect(try await daemon.request("PUT", "/files/a?ticket=\(issued.ticket)", body: [1]).status == 201)
        let refused = try await tus("POST", "/files", issued, fields, on: daemon)
        #expect(refused.status == 403, "\(refused.text)")
        #expect(try await tus("PATCH", piece, issued, [("Upload-Offset", "0")], "123", on: daemon).status == 403)
        #expect(try await used(issued, on: daemon, admin) == 1)
    }

    @Test func theServersLimitBoundsTheBytesOfATicket() async throws {
        let (daemon, admin) = try await started("limits: {maxUploadSize: 10}\n")
        let issued = try await issue(#"{"maxFiles": 1}"#, on: daemon, admin)
        let fields = [("Upload-Concat", "partial"), ("Upload-Length", "10")]
        for _ in 0..<2 {
            #expect(try await tus("POST", "/files", issued, fields, "123456789", on: daemon).status == 201)
        }
        let refused = try await tus("POST", "/files", issued, fields, on: daemon)
        #expect(refused.status == 507)
        #expect(refused.text.contains("\"limit\":20"), "\(refused.text)")
    }

    /// Whoever waits for leave to send is told before the body, and what stays makes no room meanwhile.
    @Test(arguments: [false, true])
    func aNameThatIsTakenIsToldBeforeTheBody(isResumable: Bool) async throws {
        let (daemon, admin) = try await started("limits: {quota: 100}\n")
        let file = [UInt8](repeating: 7, count: 80)
        #expect(try await daemon.request("PUT", "/files/a", headers: [admin], body: file).status == 201)
        let issued = try await issue("{}", on: daemon, admin)
        let conditions: [[(String, String)]] = [[], [("If-Match", "*")]]
        for condition in conditions {
            let client = try await LoopbackClient.connect(to: daemon.address)
            defer { client.close() }
            let fields = isResumable ? [("Upload-Complete", "?1"), ("Upload-Draft-Interop-Version", "8")] : []
            let target = "/files/a?ticket=\(issued.ticket)"
            let headers = fields + condition + [("Expect", "100-continue")]
            try await client.send(LoopbackClient.head("PUT", target, headers: headers, length: 15))
            let reply = try await client.readReply()
            #expect(reply.status == 409, "\(reply.text)")
        }
        let name = ("Upload-Metadata", "filename YQ==")
        let one = try await tus("POST", "/files", issued, [("Upload-Length", "15"), name], on: daemon)
        #expect(one.status == 201)
        // Beside the file that is there.
        let put = try await daemon.request("PUT", "/files/a?ticket=\(issued.ticket)", body: file)
        #expect(put.status == 507, "\(put.text)")
    }
}
