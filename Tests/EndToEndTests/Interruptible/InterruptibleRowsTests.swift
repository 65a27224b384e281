import IngestTesting
import Testing

/// What clients of resumable uploads may say in more than one way, and what they are told, in every version.
@Suite(.timeLimit(.minutes(3))) struct InterruptibleRowsTests: InterruptibleSuite {
    @Test func fieldsThatAreNoneAreIgnored() async throws {
        try await inEachVersion { draft, daemon in
            for value in ["true", "1", "?2", "?1, ?1", "\"?1\"", "?1 ?1", "?", "", "?T"] {
                let fields = draft.version.merging([draft.completeness: value]) { $1 }
                let client = try await opened("PUT", "/files/a", fields, length: 11, on: daemon)
                defer { client.close() }
                try await client.send(hello)
                // A plain upload: without a 104 before the answer, and without a field of the protocol in it.
                let reply = try await client.readReply()
                #expect([201, 204].contains(reply.status), "\(value): \(reply.status)")
                #expect(reply[draft.completeness] == nil && reply["Upload-Offset"] == nil, "\(value)")
            }
            for value in ["+5", "5.0", "-1", "5, 5", "\"5\"", "five", "1000000000000000", "0x5"] {
                let upload = try await create(draft, "/files/a", ["Upload-Length": value], on: daemon)
                let state = try await send("HEAD", upload, draft.version, to: daemon)
                #expect(state["Upload-Length"] == nil, "\(value)")
                #expect(try await send("DELETE", upload, draft.version, to: daemon).status == 204)
            }
        }
    }

    @Test func fieldsMayHaveParametersAndZeros() async throws {
        try await inEachVersion { draft, daemon in
            let complete = draft.interop == 3 ? "?0" : "?1"
            for value in [complete, "\(complete);a=1", "  \(complete)  ", "\(complete);a;b=\"x\""] {
                let fields = draft.version.merging([draft.completeness: value]) { $1 }
                let reply = try await send("PUT", "/files/a", fields, hello, to: daemon)
                #expect([201, 204].contains(reply.status), "\(value)")
                #expect(draft.isComplete(reply[draft.completeness]) == true, "\(value)")
            }
            for value in ["11", "011", "11;a=1", "  11  "] {
                let upload = try await create(draft, "/files/a", ["Upload-Length": value], on: daemon)
                #expect(try await send("HEAD", upload, draft.version, to: daemon)["Upload-Length"] == "11", "\(value)")
                let offset = ["Upload-Offset": value.replacing("11", with: "0")]
                let reply = try await append(hello, at: 0, of: upload, completes: true, draft, offset, on: daemon)
                #expect(reply.status == 204, "\(value)")
            }
        }
    }

    @Test func whereAnUploadStandsIsToldByHEADAndGET() async throws {
        try await inEachVersion { draft, daemon in
            for length in [nil, "11"] as [String?] {
                let fields = length.map { ["Upload-Length": $0] } ?? [:]
                let upload = try await create(draft, "/files/a", fields, Array(hello[..<5]), on: daemon)
                for method in ["HEAD", "GET"] {
                    let state = try await send(method, upload, draft.version, to: daemon)
                    #expect(state.status == 204 && state.body.isEmpty)
                    expect(state, draft, offset: 5, isComplete: false)
                    #expect(state["Upload-Length"] == length)
                    #expect(state["Cache-Control"] == "no-store")
                    let limit = state["Upload-Limit"]
                    #expect(
                        limit?.contains(draft.number == 6 ? "expires=" : "max-age=") == (draft.number >= 6 ? true : nil)
                    )
                }
                #expect(try await send("DELETE", upload, draft.version, to: daemon).status == 204)
            }
        }
    }

    // MARK: Content of creations

    /// Sends chunked content, and reads the answer and what comes before it.
    private func createChunked(
        _ fields: Fields,
        _ chunk: String,
        on daemon: DaemonProcess
    ) async throws -> (told: String?, reply: Reply) {
        let chunked = fields.merging(["Transfer-Encoding": "chunked"]) { $1 }
        let client = try await opened("PUT", "/files/a", chunked, on: daemon)
        defer { client.close() }
        try await client.send("\(String(chunk.utf8.count, radix: 16))\r\n\(chunk)\r\n0\r\n\r\n")
        var reply = try await client.readReply()
        var told: String?
        while reply.status == 104 {
            told = try reply["Location"].map { try path($0) } ?? told
            reply = try await client.readReply()
        }
        return (told, reply)
    }

    @Test func aCreationMayBeChunked() async throws {
        try await inEachVersion { draft, daemon in
            let whole = try await createChunked(draft.fields(completes: true), "hello world", on: daemon)
            #expect(whole.reply.status == 201)
            #expect(draft.isComplete(whole.reply[draft.completeness]) == true)
            #expect((whole.told != nil) == (draft.interop != nil))
            let begun = try await createChunked(draft.fields(completes: false), "hello", on: daemon)
            #expect(begun.reply.status == 201)
            expect(begun.reply, draft, offset: 5, isComplete: false)
            let upload = try path(begun.reply["Location"])
            #expect(begun.told == (draft.interop == nil ? nil : upload))
            let rest = try await append(Array(hello[5...]), at: 5, of: upload, completes: true, draft, on: daemon)
            #expect(rest.status == 204)
            #expect(try daemon.directory.read("bucket/a") == hello)
        }
    }

    @Test func aCreationBeyondItsLengthIsRefused() async throws {
        try await inEachVersion { draft, daemon in
            for completes in [false, true] {
                let fields = draft.fields(completes: completes, ["Upload-Length": "8"])
                let declared = try await send("PUT", "/files/a", fields, hello, to: daemon)
                #expect(declared.status == 400)
                #expect(draft.isComplete(declared[draft.completeness]) == false)
                let chunked = try await createChunked(fields, "hello world", on: daemon)
                #expect(chunked.reply.status == 400, "\(chunked.reply.text)")
                guard let upload = chunked.told else { continue }
                let offset = try await offset(of: upload, draft, on: daemon)
                #expect(offset == (draft.number >= 7 ? nil : 0))
                if offset != nil { #expect(try await send("DELETE", upload, draft.version, to: daemon).status == 204) }
            }
            #expect(daemon.directory.names(in: "bucket").isEmpty)
        }
    }

    @Test func aCreationWithABadDigestKeepsNothing() async throws {
        let wrong = "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"
        try await inEachVersion { draft, daemon in
            let rows = [
                ("Content-Digest", false), ("Content-Digest", true), ("Content-MD5", false), ("Repr-Digest", true),
            ]
            for (name, completes) in rows {
                let value = name == "Content-MD5" ? "1B2M2Y8AsgTpgAmY7PhCfg==" : wrong
                let fields = draft.fields(completes: completes, [name: value])
                let client = try await opened("PUT", "/files/a", fields, length: 11, on: daemon)
                defer { client.close() }
                try await client.send(hello)
                var reply = try await client.readReply()
                var told: String?
                while reply.status == 104 {
                    told = try reply["Location"].map { try path($0) } ?? told
                    reply = try await client.readReply()
                }
                #expect(reply.status == 400 && reply.text.contains("#digest-mismatched-values"), "\(name)")
                // Who was told of the upload may send the content once more, unless all of it is another.
                guard let upload = told else { continue }
                #expect(try await offset(of: upload, draft, on: daemon) == (name == "Repr-Digest" ? nil : 0))
                let status = try await send("DELETE", upload, draft.version, to: daemon).status
                #expect(status == (name == "Repr-Digest" ? 404 : 204))
            }
            #expect(daemon.directory.names(in: "bucket").isEmpty)
        }
    }

    /// A client that waits for it sends nothing of a body that is refused.
    @Test func whatIsRefusedIsNotAskedFor() async throws {
        try await inEachVersion { draft, daemon in
            let upload = try await create(draft, "/files/a", [:], Array(hello[..<5]), on: daemon)
            let expecting = ["Expect": "100-continue"]
            let rows: [(String, String, Fields, Int)] = [
                ("PATCH", upload, draft.append(at: 4, completes: true, expecting), 409),
                (
                    "PATCH", "/uploads/\(String(repeating: "0", count: 32))",
                    draft.append(at: 5, completes: true, expecting), 404
                ),
                ("PUT", "/files/b", draft.fields(completes: true, ["If-Match": "*"].merging(expecting) { $1 }), 412),
            ]
            for (method, target, fields, status) in rows {
                let client = try await opened(method, target, fields, length: 6, on: daemon)
                defer { client.close() }
                #expect(try await client.readReply().status == status, "\(method) \(target)")
            }
            let client = try await opened(
                "PATCH",
                upload,
                draft.append(at: 5, completes: true, expecting),
                length: 6,
                on: daemon
            )
            defer { client.close() }
            #expect(try await client.readReply().status == 100)
            try await client.send(" world")
            #expect(try await client.readReply().status == 201)
        }
    }
}
