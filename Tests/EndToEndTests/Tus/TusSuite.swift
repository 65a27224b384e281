import IngestTesting
import Testing

/// What suites have in common that speak tus on the wire.
protocol TusSuite {}

extension TusSuite {
    typealias Fields = [(String, String)]
    static var version: (String, String) { ("Tus-Resumable", "1.0.0") }
    static var content: (String, String) { ("Content-Type", "application/offset+octet-stream") }
    var hello: [UInt8] { Array("hello world".utf8) }

    func started(settings: String? = nil) async throws -> DaemonProcess {
        try await DaemonProcess.start(in: try TemporaryDirectory(), options: .init(settings: settings))
    }

    func send(
        _ method: String,
        _ target: String,
        _ fields: Fields,
        _ body: [UInt8]? = nil,
        to daemon: DaemonProcess
    ) async throws -> Reply {
        let reply = try await LoopbackClient.request(
            method,
            target,
            to: daemon.address,
            headers: fields + [Self.version],
            body: body
        )
        #expect(reply["Tus-Resumable"] == "1.0.0", "\(method) \(target): \(reply.status)")
        return reply
    }

    /// The path of a new upload.
    func create(_ fields: Fields, _ body: [UInt8]? = [], on daemon: DaemonProcess) async throws -> String {
        let reply = try await send("POST", "/files", fields, body, to: daemon)
        try #require(reply.status == 201, "\(reply.text)")
        let location = try #require(reply["Location"])
        #expect(location.hasPrefix("http://localhost/uploads/"), "\(location)")
        return String(location.dropFirst("http://localhost".count))
    }

    func append(
        _ bytes: [UInt8],
        at offset: Int,
        of upload: String,
        _ fields: Fields = [],
        on daemon: DaemonProcess
    ) async throws -> Reply {
        let own = [Self.content, ("Upload-Offset", "\(offset)")]
        return try await send("PATCH", upload, own + fields, bytes, to: daemon)
    }

    func offset(of upload: String, on daemon: DaemonProcess) async throws -> String? {
        let reply = try await send("HEAD", upload, [], to: daemon)
        #expect(reply.status == 200)
        #expect(reply["Cache-Control"] == "no-store")
        return reply["Upload-Offset"]
    }

    func end(_ daemon: DaemonProcess, spool: Int = 0) async throws {
        #expect(daemon.directory.names(in: "bucket.state/spool").count == spool)
        let next = try await LoopbackClient.request("PUT", "/files/next", to: daemon.address, body: hello)
        #expect(next.status == 201)
        daemon.terminate()
        #expect(await daemon.waitForExit() == 0)
    }
}
