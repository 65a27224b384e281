import IngestTesting
import Testing

/// What tus clients are refused, and what becomes of their uploads then.
@Suite(.timeLimit(.minutes(2))) struct TusRefusalTests: TusSuite {
    private static let refusals: [(String, [(String, String)], Int)] = [
        ("no length", [], 400),
        ("both lengths", [("Upload-Length", "1"), ("Upload-Defer-Length", "1")], 400),
        ("a deferral that is none", [("Upload-Defer-Length", "2")], 400),
        ("a negative length", [("Upload-Length", "-1")], 400),
        ("a length with a sign", [("Upload-Length", "+1")], 400),
        ("a length beyond 63 bits", [("Upload-Length", "9223372036854775808")], 400),
        ("a length above the limit", [("Upload-Length", "1001")], 413),
        ("metadata that are no Base64", [("Upload-Length", "1"), ("Upload-Metadata", "filename ???")], 400),
        ("metadata with a key twice", [("Upload-Length", "1"), ("Upload-Metadata", "a YQ==,a Yg==")], 400),
        ("more content than its length", [("Upload-Length", "10"), content], 413),
    ]

    @Test(arguments: refusals) func aCreationIsRefused(_ what: String, _ fields: [(String, String)], _ status: Int)
        async throws
    {
        let daemon = try await started(settings: "limits: {maxUploadSize: 1000}")
        let reply = try await send("POST", "/files", fields, hello, to: daemon)
        #expect(reply.status == status, "\(what): \(reply.text)")
        #expect(reply["Location"] == nil)
        try await end(daemon)
    }

    private static let wrongAppends: [(String, [(String, String)], Int)] = [
        ("another offset", [content, ("Upload-Offset", "4")], 409),
        ("an offset beyond the end", [content, ("Upload-Offset", "12")], 409),
        ("no offset", [content], 400),
        ("an offset that is no number", [content, ("Upload-Offset", "5.0")], 400),
        ("another type", [("Content-Type", "text/plain"), ("Upload-Offset", "5")], 415),
        ("no type", [("Upload-Offset", "5")], 415),
        ("more than its length", [content, ("Upload-Offset", "5")], 413),
        ("another version", [("Tus-Resumable", "0.2.2"), content, ("Upload-Offset", "5")], 412),
    ]

    @Test(arguments: wrongAppends)
    func contentIsRefusedAndTheUploadStaysAsItIs(_ what: String, _ fields: [(String, String)], _ status: Int)
        async throws
    {
        let daemon = try await started()
        let upload = try await create([("Upload-Length", "11"), Self.content], Array(hello[..<5]), on: daemon)
        let version = fields.contains { $0.0 == "Tus-Resumable" } ? [] : [Self.version]
        let reply = try await LoopbackClient.request(
            "PATCH",
            upload,
            to: daemon.address,
            headers: fields + version,
            body: hello
        )
        #expect(reply.status == status, "\(what): \(reply.text)")
        if status == 412 {
            #expect(reply["Tus-Version"] == "1.0.0")
        }
        #expect(try await offset(of: upload, on: daemon) == "5")
        try await end(daemon, spool: 1)
    }
}
