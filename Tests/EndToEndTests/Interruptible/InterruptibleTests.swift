import IngestTesting
import Testing

/// Resumable Uploads for HTTP (draft-ietf-httpbis-resumable-upload) on the wire, in every version.
@Suite(.timeLimit(.minutes(3))) struct InterruptibleTests: InterruptibleSuite {
    @Test(arguments: Draft.all)
    func anUploadInPieces(_ draft: Draft) async throws {
        let daemon = try await started()
        let upload = try await create(draft, "/files/dir/a.txt", ["Content-Type": "text/plain"], on: daemon)
        for (start, end) in [(0, 5), (5, 5), (5, 8)] {
            let reply = try await append(Array(hello[start..<end]), at: start, of: upload, draft, on: daemon)
            #expect(reply.status == 204)
            expect(reply, draft, offset: end, isComplete: false)
            #expect(try await offset(of: upload, draft, on: daemon) == end)
        }
        #expect(daemon.directory.names(in: "bucket").isEmpty)
        let last = try await append(Array(hello[8...]), at: 8, of: upload, completes: true, draft, on: daemon)
        #expect(last.status == 201)
        expect(last, draft, offset: 11, isComplete: true)
        #expect(last["Location"] == "/files/dir/a.txt")
        #expect(try daemon.directory.read("bucket/dir/a.txt") == hello)
        let file = try await send("HEAD", "/files/dir/a.txt", to: daemon)
        #expect(file["Content-Type"]?.hasPrefix("text/plain") == true && file["ETag"] == last["ETag"])
        // HEAD and GET say the same of a complete upload.
        for method in ["HEAD", "GET"] {
            let state = try await send(method, upload, draft.version, to: daemon)
            #expect(state.status == 204 && state["Upload-Length"] == "11")
            #expect((state["Upload-Limit"] != nil) == (draft.number >= 6))
            expect(state, draft, offset: 11, isComplete: true)
        }
        // Once more: the answer, or in the versions that forbid it a refusal.
        let again = try await append([], at: 11, of: upload, completes: true, draft, on: daemon)
        #expect(again.status == (draft.number >= 8 ? 201 : 400))
        #expect(draft.number < 8 || again["ETag"] == last["ETag"])
        #expect(try await append([1], at: 3, of: upload, draft, on: daemon).status == 409)
        #expect(try daemon.directory.read("bucket/dir/a.txt") == hello)
        try await end(daemon)
    }

    @Test(arguments: [true, false])
    func anInterimResponseTellsTheUpload(_ expectsContinue: Bool) async throws {
        try await inEachVersion { draft, daemon in
            var fields = draft.fields(completes: true)
            fields["Expect"] = expectsContinue ? "100-continue" : nil
            let client = try await opened("PUT", "/files/a", fields, length: 100_000, on: daemon)
            defer { client.close() }
            var location: String?
            if draft.interop != nil {
                // Before anything of the body.
                let interim = try await client.readReply()
                #expect(interim.status == 104)
                #expect(interim["Upload-Draft-Interop-Version"] == draft.version.values.first)
                #expect((interim["Upload-Limit"] != nil) == (draft.number >= 6))
                location = interim["Location"]
            }
            if expectsContinue {
                #expect(try await client.readReply().status == 100)
            }
            try await client.send([UInt8](repeating: 7, count: 100_000))
            let reply = try await client.readReply()
            #expect(reply.status == 201)
            #expect(draft.isComplete(reply[draft.completeness]) == true)
            #expect(reply["Location"] == "/files/a")
            if let location {
                #expect(try await offset(of: try path(location), draft, on: daemon) == 100_000)
            }
        }
    }

    @Test func theLocationIsOneAndTheSame() async throws {
        let daemon = try await started()
        for draft in Draft.all where draft.interop != nil {
            let client = try await opened("PUT", "/files/a", draft.fields(completes: false), length: 5, on: daemon)
            defer { client.close() }
            let interim = try await client.readReply()
            #expect(interim.status == 104)
            try await client.send(Array(hello[..<5]))
            let reply = try await client.readReply()
            #expect(reply.status == 201 && reply["Location"] == interim["Location"])
            #expect(try await send("DELETE", try path(reply["Location"]), draft.version, to: daemon).status == 204)
        }
        try await end(daemon)
    }

    @Test(arguments: [
        ["Upload-Complete": "?1"], ["Upload-Complete": "?1", "Upload-Draft-Interop-Version": "99"],
        ["Upload-Complete": "?1", "Upload-Draft-Interop-Version": "2"],
        ["Upload-Complete": "true", "Upload-Draft-Interop-Version": "8"],
        ["Upload-Complete": "?2", "Upload-Draft-Interop-Version": "8"],
        ["Upload-Complete": "1", "Upload-Draft-Interop-Version": "8"],
        ["Upload-Complete": "?1, ?1", "Upload-Draft-Interop-Version": "8"],
        ["Upload-Complete": "?1", "Upload-Draft-Interop-Version": "3"],
        ["Upload-Incomplete": "?0", "Upload-Draft-Interop-Version": "4"],
        ["Upload-Complete": "?1", "Upload-Draft-Interop-Version": "8", "Tus-Resumable": "1.0.0"],
    ])
    func othersGetNone(_ fields: Fields) async throws {
        let daemon = try await started()
        let client = try await opened("PUT", "/files/a", fields, length: 11, on: daemon)
        defer { client.close() }
        try await client.send(hello)
        #expect(try await client.readReply().status == 201)
        #expect(try daemon.directory.read("bucket/a") == hello)
        try await end(daemon)
    }

    @Test func anHTTP10ClientGetsNone() async throws {
        let daemon = try await started()
        let client = try await LoopbackClient.connect(to: daemon.address)
        defer { client.close() }
        let fields = "Upload-Complete: ?1\r\nUpload-Draft-Interop-Version: 8\r\nContent-Length: 11\r\n\r\n"
        try await client.send("PUT /files/a HTTP/1.0\r\nHost: localhost\r\n" + fields + "hello world")
        #expect(try await client.readReply().status == 201)
        try await end(daemon)
    }

    @Test func interimResponsesCanBeSwitchedOff() async throws {
        let daemon = try await started(settings: "uploads: {interimResponses: false}")
        let draft = Draft(interop: 8)
        for completes in [true, false] {
            let client = try await opened("PUT", "/files/a", draft.fields(completes: completes), length: 11, on: daemon)
            defer { client.close() }
            try await client.send(hello)
            #expect(try await client.readReply().status == 201)
        }
        try await end(daemon, spool: 1)
    }

    @Test(arguments: ["0", "5", "11"])
    func emptyContentMayEndAnUpload(_ count: String) async throws {
        try await inEachVersion { draft, daemon in
            let bytes = Array(hello.prefix(Int(count) ?? 0))
            let upload = try await create(draft, "/files/a", [:], bytes, on: daemon)
            let reply = try await append([], at: bytes.count, of: upload, completes: true, draft, on: daemon)
            #expect(reply.status == 201)
            expect(reply, draft, offset: bytes.count, isComplete: true)
            #expect(try daemon.directory.read("bucket/a") == bytes)
            let whole = try await send("PUT", "/files/b", draft.fields(completes: true), [], to: daemon)
            #expect(whole.status == 201)
            #expect(draft.isComplete(whole[draft.completeness]) == true)
            #expect(try daemon.directory.read("bucket/b").isEmpty)
        }
    }

    @Test func chunkedContent() async throws {
        try await inEachVersion { draft, daemon in
            let upload = try await create(draft, on: daemon)
            for (offset, text, completes) in [(0, "hello", false), (5, " world", true)] {
                let fields = draft.append(at: offset, completes: completes, ["Transfer-Encoding": "chunked"])
                let client = try await opened("PATCH", upload, fields, on: daemon)
                defer { client.close() }
                try await client.send("\(text.utf8.count)\r\n\(text)\r\n0\r\n\r\n")
                let reply = try await client.readReply()
                #expect(reply.status == (completes ? 201 : 204))
                expect(reply, draft, offset: offset + text.utf8.count, isComplete: completes)
            }
            #expect(try daemon.directory.read("bucket/a") == hello)
        }
    }

    @Test func anUploadIsCancelled() async throws {
        try await inEachVersion { draft, daemon in
            let upload = try await create(draft, "/files/a", [:], Array(hello[..<5]), on: daemon)
            #expect(try await send("DELETE", upload, draft.version, to: daemon).status == 204)
            for method in ["HEAD", "GET", "DELETE"] {
                #expect(try await send(method, upload, draft.version, to: daemon).status == 404)
            }
            #expect(try await append([], at: 5, of: upload, completes: true, draft, on: daemon).status == 404)
            #expect(daemon.directory.names(in: "bucket").isEmpty)
        }
    }

    // MARK: Several requests at a time

    @Test(arguments: ["HEAD", "GET", "DELETE"])
    func aNewRequestEndsTheOneBeforeIt(_ method: String) async throws {
        try await inEachVersion { draft, daemon in
            let upload = try await create(draft, on: daemon)
            let fields = draft.append(at: 0, completes: true)
            let client = try await opened("PATCH", upload, fields, length: 11, on: daemon)
            defer { client.close() }
            try await client.send(Array(hello[..<5]))
            try await spooled(daemon)
            let reply = try await send(method, upload, draft.version, to: daemon)
            #expect(reply.status == 204)
            #expect(try await client.readReply().status == 409)
            guard method != "DELETE" else {
                #expect(try await offset(of: upload, draft, on: daemon) == nil)
                #expect(daemon.directory.names(in: "bucket").isEmpty)
                return
            }
            expect(reply, draft, offset: 5, isComplete: false)
            #expect(reply["Upload-Length"] == "11")
            let rest = try await append(Array(hello[5...]), at: 5, of: upload, completes: true, draft, on: daemon)
            #expect(rest.status == 201)
            #expect(try daemon.directory.read("bucket/a") == hello)
        }
    }

    @Test func ofTwoRequestsAtOneOffsetOneSucceeds() async throws {
        try await inEachVersion { draft, daemon in
            let upload = try await create(draft, on: daemon)
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for byte in [UInt8(1), 2] {
                    group.addTask {
                        let content = [UInt8](repeating: byte, count: 5)
                        return try await append(content, at: 0, of: upload, draft, on: daemon).status
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            // Either may end the other, too, but not before all of it came.
            #expect(statuses.count { $0 == 204 } == 1, "\(statuses)")
            #expect(statuses.contains(409))
            #expect(try await offset(of: upload, draft, on: daemon) == 5)
            #expect(try await append([], at: 5, of: upload, completes: true, draft, on: daemon).status == 201)
            let stored = try daemon.directory.read("bucket/a")
            #expect(stored == [UInt8](repeating: 1, count: 5) || stored == [UInt8](repeating: 2, count: 5))
        }
    }

    @Test(arguments: ["HEAD", "PATCH", "DELETE"])
    func aCreationIsEndedToo(_ method: String) async throws {
        let daemon = try await started()
        let draft = Draft(interop: 8)
        let client = try await opened("PUT", "/files/a", draft.fields(completes: true), length: 11, on: daemon)
        defer { client.close() }
        let upload = try path(try await client.readReply()["Location"])
        try await client.send(Array(hello[..<5]))
        try await spooled(daemon)
        if method == "PATCH" {
            // A client that knows what it sent need not ask.
            let rest = try await append(Array(hello[5...]), at: 5, of: upload, completes: true, draft, on: daemon)
            #expect(rest.status == 201)
        } else {
            #expect(try await send(method, upload, draft.version, to: daemon).status == 204)
        }
        #expect(try await client.readReply().status == 409)
        #expect(try await offset(of: upload, draft, on: daemon) == ["HEAD": 5, "PATCH": 11][method])
        #expect(daemon.directory.names(in: "bucket") == (method == "PATCH" ? ["a"] : []))
        try await end(daemon, spool: method == "HEAD" ? 1 : 0)
    }

    /// What the form holds counts as the upload's already.
    @Test func aFormNeedsNoSecondPlaceAndNoSecondQuota() async throws {
        let daemon = try await started(settings: "limits: {maxConcurrentUploads: 1, quota: 12000}")
        let content = [UInt8](repeating: 3, count: 5000)
        let form = FormBody(files: [("a", content), ("b", content)], boundary: "XX").bytes
        let type = ["Content-Type": "multipart/form-data; boundary=XX"]
        let upload = try await create(.newest, "/files", type, form, method: "POST", on: daemon)
        let reply = try await append([], at: form.count, of: upload, completes: true, .newest, on: daemon)
        #expect(reply.status == 201, "\(reply.text)")
        #expect(daemon.directory.names(in: "bucket") == ["a", "b"])
        // What is stored counts, and no more.
        #expect(try await send("PUT", "/files/c", [:], [UInt8](repeating: 1, count: 2001), to: daemon).status == 507)
        #expect(try await send("PUT", "/files/c", [:], [UInt8](repeating: 1, count: 1999), to: daemon).status == 201)
        try await end(daemon)
    }

    /// As a PUT in one piece has it, however many requests bring the bytes.
    @Test func whatIsReplacedMakesRoomInTheQuota() async throws {
        try await inEachVersion(settings: "limits: {quota: 100}") { draft, daemon in
            func bytes(_ count: Int) -> [UInt8] { [UInt8](repeating: 1, count: count) }
            #expect(try await send("PUT", "/files/a", [:], bytes(80), to: daemon).status == 201)
            let upload = try await create(draft, "/files/a", [:], bytes(40), on: daemon)
            #expect(try await append(bytes(50), at: 40, of: upload, completes: true, draft, on: daemon).status == 204)
            let next = try await create(draft, "/files/a", [:], bytes(60), on: daemon)
            #expect(try await append(bytes(41), at: 60, of: next, completes: true, draft, on: daemon).status == 507)
            #expect(try await append(bytes(40), at: 60, of: next, completes: true, draft, on: daemon).status == 204)
            #expect(try daemon.directory.read("bucket/a").count == 100)
        }
    }

    /// What is safe is told while more comes.
    @Test func progressIsTold() async throws {
        let daemon = try await started()
        let draft = Draft(interop: 8)
        let upload = try await create(draft, on: daemon)
        let size = 200 << 20
        let client = try await opened("PATCH", upload, draft.append(at: 0, completes: true), length: size, on: daemon)
        defer { client.close() }
        let piece = [UInt8](repeating: 9, count: 8 << 20)
        var sent = 0
        var told: [Int] = []
        let start = ContinuousClock.now
        while sent < size {
            // Slower than the second between two words.
            if ContinuousClock.now - start > .milliseconds(100 * sent / piece.count) {
                try await client.send(piece)
                sent += piece.count
            } else {
                await Task.yield()
            }
        }
        while true {
            let reply = try await client.readReply()
            guard reply.status == 104 else {
                #expect(reply.status == 201)
                break
            }
            #expect(reply["Location"] == nil)
            told.append(try #require(reply["Upload-Offset"].flatMap { Int($0) }))
        }
        #expect(!told.isEmpty && told == told.sorted() && told.allSatisfy { 0 < $0 && $0 <= size })
        try await end(daemon)
    }
}
