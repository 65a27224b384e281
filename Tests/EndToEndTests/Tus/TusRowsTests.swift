import IngestTesting
import Testing

/// What clients of tus do besides, or do wrong, with one daemon for all of it.
@Suite(.timeLimit(.minutes(2))) struct TusRowsTests: TusSuite {
    @Test func contentOfOtherTypesIsIgnoredByACreation() async throws {
        let daemon = try await started()
        for type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
            let upload = try await create([("Upload-Length", "11"), ("Content-Type", type)], hello, on: daemon)
            #expect(try await offset(of: upload, on: daemon) == "0")
        }
        try await end(daemon)
    }

    @Test func metadataInAllTheirForms() async throws {
        let daemon = try await started()
        let rows = [
            ("filename YQ==,empty", "a"), ("empty ,filename Yg==", "b"),
            ("filename Yw==, filetype dGV4dC9wbGFpbg==", "c"),
            ("name ZA==", "d"), ("relativePath eC95,filename eQ==", "x"), ("filename Li4vLi4vZQ==", "e"),
        ]
        for (metadata, name) in rows {
            let fields = [("Upload-Length", "11"), ("Upload-Metadata", metadata), Self.content]
            let upload = try await create(fields, hello, on: daemon)
            #expect(try await send("HEAD", upload, [], to: daemon)["Upload-Metadata"] == metadata)
            #expect(daemon.directory.names(in: "bucket").contains(name), "\(metadata)")
        }
        try await end(daemon)
    }

    @Test func offsetsThatAreNone() async throws {
        let daemon = try await started()
        let upload = try await create([("Upload-Length", "11"), Self.content], Array(hello[..<5]), on: daemon)
        for offset in ["-5", "+5", "5.0", "5e0", "0x5", "5 5", "9223372036854775808", "five"] {
            let reply = try await send("PATCH", upload, [Self.content, ("Upload-Offset", offset)], hello, to: daemon)
            #expect(reply.status == 400, "\(offset)")
        }
        for length in ["-11", "+11", "4", "12", "x"] {
            let reply = try await append([], at: 5, of: upload, [("Upload-Length", length)], on: daemon)
            #expect(reply.status == 400, "\(length)")
        }
        #expect(try await append([], at: 5, of: upload, [("Upload-Length", "11")], on: daemon).status == 204)
        #expect(try await offset(of: upload, on: daemon) == "5")
        try await end(daemon, spool: 1)
    }

    @Test func theExpiryIsToldAsLongAsThereIsOne() async throws {
        let daemon = try await started()
        let created = try await send("POST", "/files", [("Upload-Length", "11")], [], to: daemon)
        #expect(created["Upload-Expires"] != nil)
        let upload = String(try #require(created["Location"]).dropFirst("http://localhost".count))
        #expect(try await append(Array(hello[..<5]), at: 0, of: upload, on: daemon)["Upload-Expires"] != nil)
        #expect(try await append(Array(hello[5...]), at: 5, of: upload, on: daemon)["Upload-Expires"] == nil)
        try await end(daemon)
    }

    @Test func aChecksumComesBeforeTheContentOrBehindIt() async throws {
        let daemon = try await started()
        let upload = try await create([("Upload-Length", "11")], on: daemon)
        let sum = ("Upload-Checksum", "sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=")
        let both = try await append(hello, at: 0, of: upload, [sum, ("Trailer", "Upload-Checksum")], on: daemon)
        #expect(both.status == 400)
        #expect(try await offset(of: upload, on: daemon) == "0")
        // What waits for its checksum is lost with the connection.
        let client = try await LoopbackClient.connect(to: daemon.address)
        let fields = [Self.version, Self.content, ("Upload-Offset", "0"), sum]
        try await client.send(LoopbackClient.head("PATCH", upload, headers: fields, length: 11))
        try await client.send("hello")
        while daemon.directory.names(in: "bucket.state/spool").isEmpty {
            try Task.checkCancellation()
            await Task.yield()
        }
        client.close()
        #expect(try await offset(of: upload, on: daemon) == "0")
        #expect(try await append(hello, at: 0, of: upload, [sum], on: daemon).status == 204)
        try await end(daemon)
    }

    @Test func digestsAreVerified() async throws {
        let daemon = try await started()
        let (right, wrong) = (
            "sha-256=:uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=:",
            "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"
        )
        let upload = try await create([("Upload-Length", "11"), ("Repr-Digest", right)], on: daemon)
        let bad = try await append(hello, at: 0, of: upload, [("Content-Digest", wrong)], on: daemon)
        #expect(bad.status == 400 && bad.text.contains("#digest-mismatched-values"))
        #expect(try await offset(of: upload, on: daemon) == "0")
        #expect(try await append(hello, at: 0, of: upload, [("Content-Digest", right)], on: daemon).status == 204)
        let other = try await create([("Upload-Length", "11"), ("Repr-Digest", wrong)], on: daemon)
        #expect(try await append(hello, at: 0, of: other, on: daemon).status == 400)
        #expect(try await send("HEAD", other, [], to: daemon).status == 404)
        let whole = [("Upload-Length", "11"), ("Repr-Digest", wrong), Self.content]
        #expect(try await send("POST", "/files", whole, hello, to: daemon).status == 400)
        #expect(daemon.directory.names(in: "bucket") == ["upload"])
        try await end(daemon)
    }

    @Test func otherMethodsAreNotOverridden() async throws {
        let daemon = try await started()
        let upload = try await create([("Upload-Length", "11"), Self.content], Array(hello[..<5]), on: daemon)
        let override = ("X-HTTP-Method-Override", "DELETE")
        #expect(try await send("HEAD", upload, [override], to: daemon).status == 200)
        #expect(try await send("GET", upload, [override], to: daemon).status == 204)
        // Some clients repeat it wherever they go.
        let concat = ("Upload-Concat", "partial")
        #expect(try await append(Array(hello[5...]), at: 5, of: upload, [override, concat], on: daemon).status == 204)
        #expect(try daemon.directory.read("bucket/upload") == hello)
        #expect(try await send("DELETE", upload, [concat], to: daemon).status == 204)
        try await end(daemon)
    }

    /// As from a browser's address bar.
    @Test func whoSpeaksNoProtocolIsToldInBoth() async throws {
        let daemon = try await started()
        let upload = try await create([("Upload-Length", "11"), ("Upload-Metadata", "filename YQ==")], on: daemon)
        for method in ["HEAD", "GET"] {
            let reply = try await LoopbackClient.request(method, upload, to: daemon.address)
            #expect(reply.status == 204 && reply["Upload-Offset"] == "0" && reply["Upload-Length"] == "11")
            #expect(reply["Upload-Metadata"] == "filename YQ==" && reply["Upload-Complete"] == "?0")
        }
        // Nobody is told an offset of what waits for its pieces.
        let piece = try await create([("Upload-Length", "11"), ("Upload-Concat", "partial")], on: daemon)
        let final = try await create([("Upload-Concat", "final;\(piece)")], on: daemon)
        for draft in [Draft.newest, Draft(interop: 8)] {
            let headers = draft.version.map { ($0.key, $0.value) }
            let reply = try await LoopbackClient.request("HEAD", final, to: daemon.address, headers: headers)
            #expect(reply.status == 204 && reply["Upload-Offset"] == nil && reply["Upload-Length"] == "11")
        }
        try await end(daemon)
    }
}
