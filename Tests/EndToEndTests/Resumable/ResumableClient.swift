import IngestTesting
import SystemPackage
import Testing

/// One upload of several requests, as its client knows it, whichever daemon has it.
///
/// Checks with each answer that offsets never go back and never are more than was sent.
struct ResumableClient: Sendable {
    let dialect: UploadDialect
    let name: String
    let content: [UInt8]
    /// The form that its content is.
    private let form: FormBody?
    /// Its path, once the client was told.
    private(set) var upload: String?
    /// The highest offset that the client was told.
    private(set) var acknowledged = 0
    /// Bytes that it has sent, or begun to.
    private(set) var sent = 0

    init(_ dialect: UploadDialect, name: String, content: [UInt8]) {
        self.dialect = dialect
        self.name = name
        self.content = content
        form = nil
    }

    /// Of several files; of the draft only.
    init(_ form: FormBody, name: String) {
        dialect = .draft
        self.name = name
        content = form.bytes
        self.form = form
    }

    /// The name of its bytes in the spool.
    var spoolName: String { upload?.split(separator: "/").last.map(String.init) ?? "" }

    /// Begins the upload with so many bytes; the answer's status.
    mutating func begin(with count: Int, on daemon: DaemonProcess) async throws -> Int {
        let request =
            form.map { UploadDialect.creation(of: $0, content: content[..<count]) }
            ?? dialect.creation(of: name, length: content.count, content: content[..<count])
        let reply = try await daemon.send(request)
        if reply.status == 201, let path = reply["Location"].flatMap(UploadDialect.path(ofLocation:)) {
            told(path, offset: reply, otherwise: count)
        }
        return reply.status
    }

    /// Makes it of others that are whole; the answer's status.
    mutating func concatenate(_ pieces: [String], on daemon: DaemonProcess) async throws -> Int {
        let reply = try await daemon.send(UploadDialect.concatenation(of: pieces, to: name))
        if reply.status == 201, let path = reply["Location"].flatMap(UploadDialect.path(ofLocation:)) {
            told(path, offset: reply, otherwise: content.count)
        }
        return reply.status
    }

    /// Sends so many bytes more, or all there are; the answer's status.
    mutating func append(_ count: Int = .max, on daemon: DaemonProcess) async throws -> Int {
        let part = content[acknowledged...].prefix(count)
        sent = max(sent, part.endIndex)
        let path = try #require(upload)
        let reply = try await daemon.send(dialect.append(part, to: path, at: acknowledged, of: content.count))
        if (200..<300).contains(reply.status) {
            told(path, offset: reply, otherwise: part.endIndex)
        }
        return reply.status
    }

    /// Asks where it stands; false if there is no such upload.
    mutating func ask(_ daemon: DaemonProcess, _ place: Comment) async throws -> Bool {
        let path = try #require(upload)
        let reply = try await daemon.send(dialect.query(path))
        guard (200..<300).contains(reply.status) else {
            #expect(reply.status == 404, place)
            upload = nil
            (acknowledged, sent) = (0, 0)
            return false
        }
        let offset = try #require(reply["Upload-Offset"].flatMap { Int($0) }, place)
        #expect((acknowledged...max(sent, acknowledged)).contains(offset), "\(place): \(offset) is told")
        acknowledged = offset
        return true
    }

    func terminate(on daemon: DaemonProcess) async throws -> Int {
        try await daemon.send(dialect.termination(of: upload ?? "")).status
    }

    private mutating func told(_ path: String, offset reply: Reply, otherwise count: Int) {
        upload = path
        acknowledged = max(acknowledged, reply["Upload-Offset"].flatMap { Int($0) } ?? count)
        sent = max(sent, acknowledged)
    }
}

extension DaemonProcess {
    func send(_ request: UploadDialect.Request) async throws -> Reply {
        try await self.request(request.method, request.target, headers: request.fields, body: request.body)
    }

    /// Ends this daemon, as `kill -9` does, and starts one for which the time of all uploads has come; returns when they
    /// are gone.
    func restartedWithUploadsExpired() async throws -> DaemonProcess {
        kill()
        await waitForExit()
        try LedgerFile(state.appending("ledger.sqlite")).execute("UPDATE uploads SET expires_at = 0")
        let next = try await restart()
        while try await next.metric("bucketd_resumable_uploads_open") ?? 0 > 0 {
            await Task.yield()
        }
        return next
    }
}
