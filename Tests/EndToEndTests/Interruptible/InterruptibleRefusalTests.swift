import IngestTesting
import Testing

/// What clients of resumable uploads are refused, in every version, and what becomes of their uploads then.
@Suite(.timeLimit(.minutes(3))) struct InterruptibleRefusalTests: InterruptibleSuite {
    @Test(arguments: Draft.all)
    func wrongContentIsRefusedAndTheUploadStaysAsItIs(_ draft: Draft) async throws {
        let daemon = try await started()
        let upload = try await create(draft, "/files/a", [:], Array(hello[..<5]), on: daemon)
        let right = draft.append(at: 5, completes: true)
        let (isTyped, isSaid) = (draft.number >= 6, draft.number >= 7)
        let rows: [(String, String?, Int?)] = [
            ("Upload-Offset", "4", 409), ("Upload-Offset", "12", 409), ("Upload-Offset", nil, 400),
            ("Upload-Offset", "5.0", 400), ("Upload-Offset", "+5", 400), ("Upload-Offset", "-5", 400),
            ("Upload-Offset", "5, 5", 400), ("Upload-Offset", "1000000000000000", 400),
            ("Content-Type", "text/plain", isTyped ? 415 : nil), ("Content-Type", nil, isTyped ? 415 : nil),
            ("Content-Type", "application/offset+octet-stream", isTyped ? 415 : nil),
            (draft.completeness, nil, isSaid ? 400 : nil), (draft.completeness, "true", isSaid ? 400 : nil),
            ("Upload-Length", "12", 400), ("Upload-Length", "4", 400),
            ("Content-Digest", "sha-256=:AAAA:", 400), ("Content-Digest", "sha-3=:AAAA:", 400),
            ("Content-Encoding", "gzip", 415),
        ]
        for (name, value, status) in rows {
            guard let status else { continue }
            var fields = right
            fields[name] = value
            let reply = try await send("PATCH", upload, fields, Array(hello[5...]), to: daemon)
            #expect(reply.status == status, "\(name): \(value ?? "-"): \(reply.status) \(reply.text)")
            if status == 409 {
                expect(reply, draft, offset: 5, isComplete: false)
                #expect(reply.text.contains("http-problem-types#mismatching-upload-offset"))
                #expect(reply.text.contains("\"expected-offset\":5,\"provided-offset\":\(value ?? "")"))
            }
            if status == 415, name == "Content-Type" {
                #expect(reply["Accept-Patch"] == "application/partial-upload")
            }
            let state = try await send("HEAD", upload, draft.version, to: daemon)
            expect(state, draft, offset: 5, isComplete: false)
        }
        let reply = try await send("PATCH", upload, right, Array(hello[5...]), to: daemon)
        #expect(reply.status == 201)
        #expect(try daemon.directory.read("bucket/a") == hello)
        try await end(daemon)
    }

    @Test func lengthsThatDisagree() async throws {
        try await inEachVersion { draft, daemon in
            let rows: [(Fields, Int)] = [
                (["Upload-Length": "10"], 11), (["Upload-Length": "12"], 11), (["Upload-Length": "0"], 11),
            ]
            for (more, count) in rows {
                let fields = draft.fields(completes: true, more)
                let reply = try await send("PUT", "/files/a", fields, Array(hello[..<count]), to: daemon)
                #expect(reply.status == 400)
                #expect(reply.text.contains("http-problem-types#inconsistent-upload-length"))
                #expect(draft.isComplete(reply[draft.completeness]) == false)
            }
            let upload = try await create(draft, "/files/a", ["Upload-Length": "11"], Array(hello[..<5]), on: daemon)
            #expect(try await send("HEAD", upload, draft.version, to: daemon)["Upload-Length"] == "11")
            let wrong: [(Bool, Fields, ArraySlice<UInt8>)] = [
                (true, [:], hello[5..<8]), (false, ["Upload-Length": "12"], hello[5...]), (true, [:], []),
            ]
            for (completes, more, content) in wrong {
                let reply = try await append(
                    Array(content),
                    at: 5,
                    of: upload,
                    completes: completes,
                    draft,
                    more,
                    on: daemon
                )
                #expect(reply.status == 400)
                #expect(reply.text.contains("http-problem-types#inconsistent-upload-length"))
                expect(reply, draft, offset: 5, isComplete: false)
            }
            let same = ["Upload-Length": "11"]
            let reply = try await append(
                Array(hello[5...]),
                at: 5,
                of: upload,
                completes: true,
                draft,
                same,
                on: daemon
            )
            #expect(reply.status == 201)
        }
    }

    /// From version 7 on that ends the upload, before it only the request.
    @Test(arguments: [true, false])
    func contentBeyondTheLength(_ isChunked: Bool) async throws {
        try await inEachVersion { draft, daemon in
            let upload = try await create(draft, "/files/a", ["Upload-Length": "8"], Array(hello[..<5]), on: daemon)
            var fields = draft.append(at: 5, completes: false)
            fields["Transfer-Encoding"] = isChunked ? "chunked" : nil
            let client = try await opened("PATCH", upload, fields, length: isChunked ? nil : 6, on: daemon)
            defer { client.close() }
            try await client.send(isChunked ? "6\r\n world\r\n0\r\n\r\n" : " world")
            let reply = try await client.readReply()
            #expect(reply.status == 400)
            #expect(draft.isComplete(reply[draft.completeness]) == false)
            let isOver = draft.number >= 7
            #expect(try await offset(of: upload, draft, on: daemon) == (isOver ? nil : 5))
            #expect(daemon.directory.names(in: "bucket").isEmpty)
            if !isOver {
                let rest = try await append(Array(hello[5..<8]), at: 5, of: upload, completes: true, draft, on: daemon)
                #expect(rest.status == 201)
            }
        }
    }

    @Test func fieldsOfAStateDoNotBelongIntoQuestions() async throws {
        try await inEachVersion { draft, daemon in
            let upload = try await create(draft, on: daemon)
            for method in ["HEAD", "GET"] {
                for more in [["Upload-Offset": "0"], [draft.completeness: "?0"]] {
                    let reply = try await send(method, upload, draft.version.merging(more) { $1 }, to: daemon)
                    #expect(reply.status == 400)
                }
            }
            let offset = draft.version.merging(["Upload-Offset": "0"]) { $1 }
            #expect(try await send("DELETE", upload, offset, to: daemon).status == (draft.number <= 6 ? 400 : 204))
        }
    }

    @Test func whatIsNotThere() async throws {
        try await inEachVersion { draft, daemon in
            for target in ["/uploads/0123456789abcdef0123456789abcdef", "/uploads/nonsense", "/uploads/.."] {
                #expect(try await send("HEAD", target, draft.version, to: daemon).status == 404)
                #expect(try await send("DELETE", target, draft.version, to: daemon).status == 404)
                #expect(try await append(hello, at: 0, of: target, completes: true, draft, on: daemon).status == 404)
            }
            let upload = try await create(draft, on: daemon)
            for method in ["PUT", "POST"] {
                let reply = try await send(method, upload, draft.fields(completes: true), hello, to: daemon)
                #expect(reply.status == 405)
                #expect(reply["Allow"]?.contains("PATCH") == true)
            }
            #expect(try await send("DELETE", upload, draft.version, to: daemon).status == 204)
        }
    }

    @Test func limitsAreTold() async throws {
        try await inEachVersion(settings: "limits: {maxUploadSize: 10}") { draft, daemon in
            let long = draft.fields(completes: false, ["Upload-Length": "11"])
            let early = try await send("PUT", "/files/a", long, [], to: daemon)
            let whole = try await send("PUT", "/files/a", draft.fields(completes: true), hello, to: daemon)
            let upload = try await create(draft, "/files/a", [:], Array(hello[..<5]), on: daemon)
            let late = try await append(Array(hello[5...]), at: 5, of: upload, completes: true, draft, on: daemon)
            for reply in [early, whole, late] {
                #expect(reply.status == 413)
                #expect(reply["Upload-Limit"]?.contains("max-size=10") == (draft.number >= 6 ? true : nil))
            }
            #expect(try await offset(of: upload, draft, on: daemon) == 5)
            #expect(try await send("DELETE", upload, draft.version, to: daemon).status == 204)
        }
    }

    @Test(arguments: ["/files", "/files/a", "/files/dir/", "/upload-file", "*"])
    func limitsAreAnnounced(_ target: String) async throws {
        let daemon = try await started(settings: "limits: {maxUploadSize: 1000}")
        for fields in [[:], ["Upload-Complete": "?1"], Draft(interop: 6).version] as [Fields] {
            let reply = try await send("OPTIONS", target, fields, to: daemon)
            #expect(reply.status == 204)
            let limit = try #require(reply["Upload-Limit"])
            #expect(
                limit.contains("max-size=1000") && limit.contains(fields.values.contains("6") ? "expires=" : "max-age=")
            )
        }
        try await end(daemon)
    }

    @Test func namesAndConditionsAreJudgedFirst() async throws {
        try await inEachVersion { draft, daemon in
            #expect(try await send("PUT", "/files/taken", [:], hello, to: daemon).status == 201)
            let rows: [(String, String, Fields, Int)] = [
                ("PUT", "/files/taken", ["If-None-Match": "*"], 412), ("PUT", "/files/new", ["If-Match": "*"], 412),
                ("PUT", "/files/..%2fa", [:], 400), ("PUT", "/files/taken/b", [:], 409),
                ("POST", "/files", ["Content-Type": "text/plain"], 400),
                ("POST", "/files", ["Content-Type": "multipart/form-data"], 400),
                ("POST", "/upload-file", ["Content-Type": "text/plain"], 415),
                ("PUT", "/files/a", ["Repr-Digest": "sha-256=:AAAA:"], 400),
                ("PUT", "/files/a", ["Content-Encoding": "br"], 415),
            ]
            for (method, target, fields, status) in rows {
                let client = try await opened(
                    method,
                    target,
                    draft.fields(completes: false, fields),
                    length: 5,
                    on: daemon
                )
                defer { client.close() }
                try await client.send(Array(hello[..<5]))
                // No 104 before it.
                let reply = try await client.readReply()
                #expect(reply.status == status, "\(method) \(target): \(reply.text)")
            }
        }
    }

    // MARK: Digests

    private static let right = "sha-256=:uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=:"
    private static let wrong = "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"

    @Test func badDigests() async throws {
        try await inEachVersion { draft, daemon in
            let upload = try await create(draft, "/files/a", ["Repr-Digest": Self.right], on: daemon)
            let bad = try await append(hello, at: 0, of: upload, draft, ["Content-Digest": Self.wrong], on: daemon)
            #expect(bad.status == 400 && bad.text.contains("#digest-mismatched-values"))
            expect(bad, draft, offset: 0, isComplete: false)
            #expect(try await offset(of: upload, draft, on: daemon) == 0)
            let good = ["Content-Digest": Self.right]
            let reply = try await append(hello, at: 0, of: upload, completes: true, draft, good, on: daemon)
            #expect(reply.status == 201 && reply["Repr-Digest"] == Self.right)
            // The whole is another than was said.
            let other = try await create(draft, "/files/b", ["Repr-Digest": Self.wrong], Array(hello[..<5]), on: daemon)
            let end = try await append(Array(hello[5...]), at: 5, of: other, completes: true, draft, on: daemon)
            #expect(end.status == 400 && end.text.contains("#digest-mismatched-values"))
            #expect(draft.isComplete(end[draft.completeness]) == true)
            #expect(try await offset(of: other, draft, on: daemon) == nil)
            #expect(daemon.directory.names(in: "bucket") == ["a"])
        }
    }

    @Test func aDigestInATrailer() async throws {
        let daemon = try await started()
        let draft = Draft(interop: 8)
        let upload = try await create(draft, on: daemon)
        for (value, status) in [(Self.wrong, 400), (Self.right, 201)] {
            let fields = draft.append(
                at: 0,
                completes: true,
                ["Transfer-Encoding": "chunked", "Trailer": "Content-Digest, Repr-Digest"]
            )
            let client = try await opened("PATCH", upload, fields, on: daemon)
            defer { client.close() }
            try await client.send("b\r\nhello world\r\n0\r\nContent-Digest: \(value)\r\nRepr-Digest: \(value)\r\n\r\n")
            #expect(try await client.readReply().status == status)
        }
        try await end(daemon)
    }

    /// What waits for its digest is lost with the connection.
    @Test func contentWithADigestCountsWholeOrNotAtAll() async throws {
        let daemon = try await started()
        let draft = Draft(interop: 8)
        let upload = try await create(draft, on: daemon)
        let fields = draft.append(at: 0, completes: true, ["Content-Digest": Self.right])
        let client = try await opened("PATCH", upload, fields, length: 11, on: daemon)
        try await client.send(Array(hello[..<5]))
        try await spooled(daemon)
        client.close()
        #expect(try await offset(of: upload, draft, on: daemon) == 0)
        let reply = try await send("PATCH", upload, fields, hello, to: daemon)
        #expect(reply.status == 201)
        try await end(daemon)
    }
}
