import IngestTesting
import Testing

/// What suites have in common that speak Resumable Uploads for HTTP on the wire.
protocol InterruptibleSuite {}

extension InterruptibleSuite {
    typealias Fields = [String: String]
    var hello: [UInt8] { Array("hello world".utf8) }

    func started(settings: String? = nil) async throws -> DaemonProcess {
        try await DaemonProcess.start(in: try TemporaryDirectory(), options: .init(settings: settings))
    }

    /// Each version in turn with one daemon, and an empty bucket.
    func inEachVersion(
        settings: String? = nil,
        _ body: (Draft, DaemonProcess) async throws -> Void
    ) async throws {
        let daemon = try await started(settings: settings)
        for draft in Draft.all {
            try await body(draft, daemon)
            #expect(daemon.directory.names(in: "bucket.state/spool").isEmpty, "\(draft)")
            for name in daemon.directory.names(in: "bucket") {
                #expect(try await send("DELETE", "/files/\(name)", to: daemon).status == 204)
            }
        }
        try await end(daemon)
    }

    func send(
        _ method: String,
        _ target: String,
        _ fields: Fields = [:],
        _ body: [UInt8]? = nil,
        to daemon: DaemonProcess
    ) async throws -> Reply {
        try await LoopbackClient.request(
            method,
            target,
            to: daemon.address,
            headers: fields.map { ($0.key, $0.value) },
            body: body
        )
    }

    /// A request's head on a connection of its own, for tests that go on by hand.
    func opened(
        _ method: String,
        _ target: String,
        _ fields: Fields,
        length: Int? = nil,
        on daemon: DaemonProcess
    ) async throws -> LoopbackClient {
        let client = try await LoopbackClient.connect(to: daemon.address)
        let headers = fields.map { ($0.key, $0.value) }
        try await client.send(LoopbackClient.head(method, target, headers: headers, length: length))
        return client
    }

    func path(_ location: String?) throws -> String {
        let location = try #require(location)
        #expect(location.hasPrefix("http://localhost/uploads/"), "\(location)")
        return String(location.dropFirst("http://localhost".count))
    }

    /// The path of a new upload with these bytes, by careful creation.
    func create(
        _ draft: Draft,
        _ target: String = "/files/a",
        _ fields: Fields = [:],
        _ body: [UInt8] = [],
        method: String = "PUT",
        on daemon: DaemonProcess
    ) async throws -> String {
        let reply = try await send(method, target, draft.fields(completes: false, fields), body, to: daemon)
        try #require(reply.status == 201, "\(reply.text)")
        expect(reply, draft, offset: body.count, isComplete: false)
        #expect((reply["Upload-Limit"] != nil) == (draft.number >= 6))
        return try path(reply["Location"])
    }

    func append(
        _ bytes: [UInt8],
        at offset: Int,
        of upload: String,
        completes: Bool = false,
        _ draft: Draft,
        _ fields: Fields = [:],
        on daemon: DaemonProcess
    ) async throws -> Reply {
        try await send("PATCH", upload, draft.append(at: offset, completes: completes, fields), bytes, to: daemon)
    }

    func expect(_ reply: Reply, _ draft: Draft, offset: Int, isComplete: Bool) {
        #expect(reply["Upload-Offset"] == "\(offset)")
        #expect(draft.isComplete(reply[draft.completeness]) == isComplete)
    }

    /// Nil for an upload that is not there.
    func offset(of upload: String, _ draft: Draft, on daemon: DaemonProcess) async throws -> Int? {
        let reply = try await send("HEAD", upload, draft.version, to: daemon)
        guard reply.status == 204 else {
            #expect(reply.status == 404 && reply["Upload-Offset"] == nil)
            return nil
        }
        #expect(reply["Cache-Control"] == "no-store")
        return reply["Upload-Offset"].flatMap { Int($0) }
    }

    /// Waits until bytes have come to the spool.
    func spooled(_ daemon: DaemonProcess) async throws {
        while daemon.directory.names(in: "bucket.state/spool").isEmpty {
            try Task.checkCancellation()
            await Task.yield()
        }
    }

    func end(_ daemon: DaemonProcess, spool: Int = 0) async throws {
        #expect(daemon.directory.names(in: "bucket.state/spool").count == spool)
        #expect(try await send("PUT", "/files/next", [:], [1], to: daemon).status == 201)
        daemon.terminate()
        #expect(await daemon.waitForExit() == 0)
    }
}
