import HTTPTypes
import Ingest
import IngestTesting
import MicroHTTP
import Testing
import UploadAPI

/// A daemon's HTTP surface, without a network, over the storage of a test bucket.
struct UploadServer: Sendable {
    struct Answer: Sendable {
        let status: Int
        let headers: HTTPFields

        var isSuccess: Bool { (200..<300).contains(status) }
        var upload: String? { self["Location"].flatMap(UploadDialect.path(ofLocation:)) }
        var offset: Int? { self["Upload-Offset"].flatMap { Int($0) } }

        private subscript(name: String) -> String? { HTTPField.Name(name).flatMap { headers[$0] } }
    }

    private struct NoThumbnails: ThumbnailLocator {
        var kind: JobKind { JobKind("thumbnail") }
        func sizes(of file: FileRecord, jobs: [Job]) -> [Int] { [] }
        func open(size: Int, of file: FileRecord, jobs: [Job]) -> OpenedThumbnail? { nil }
    }

    let daemon: TestBucket.Daemon
    let uploads: ResumableUploads
    private let service: UploadService

    /// `plan` is that of the daemon's steps; nil if none fails.
    init(
        _ daemon: TestBucket.Daemon,
        ledger: any AuditedLedger,
        plan: FaultPlan? = nil,
        time: ManualTime,
        collision: Collision
    ) {
        self.daemon = daemon
        let record: any UploadLedger = if let plan { FaultyUploadLedger(ledger, plan) } else { ledger }
        var resumable = ResumableOptions()
        // Of a request's pieces, some are made safe while others come.
        resumable.checkpointInterval = 10
        uploads = ResumableUploads(
            intake: daemon.intake,
            store: daemon.spool,
            ledger: record,
            clock: time.wallClock,
            options: resumable
        )
        var options = UploadServiceOptions()
        options.collision = collision
        let queue = InMemoryJobQueue(ledger: InMemoryFileLedger(), clock: time.wallClock)
        service = UploadService(
            intake: daemon.intake,
            uploads: uploads,
            requests: IdempotentRequests(
                intake: daemon.intake,
                ledger: InMemoryIdempotencyLedger(),
                clock: time.wallClock
            ),
            catalog: FileCatalog(ledger: ledger, files: daemon.bucket, queue: queue),
            files: daemon.bucket,
            ledger: ledger,
            queue: queue,
            ends: JobEnds(),
            health: daemon.health,
            thumbnails: NoThumbnails(),
            options: options
        )
    }

    /// Makes uploads of their pieces, as the daemon does it beside its requests.
    func assemble() async {
        await service.assembleWholeUploads(logger: silence)
    }

    func send(_ request: UploadDialect.Request) async -> Answer {
        var headers: HTTPFields = [:]
        for (name, value) in request.fields + [("Host", "localhost")] {
            if let name = HTTPField.Name(name) {
                headers[name] = value
            }
        }
        let pieces = stride(from: 0, to: request.body.count, by: 7).map { Array(request.body[$0...].prefix(7)) }
        let response = await service.respond(
            to: Request(
                id: 1,
                method: HTTPRequest.Method(rawValue: request.method) ?? .get,
                target: RequestTarget(request.target),
                headers: headers,
                body: RequestBody(pieces),
                peer: .tcp(host: "127.0.0.1", port: 40_000),
                local: .tcp(host: "127.0.0.1", port: 8080),
                logger: silence
            )
        )
        return Answer(status: response.status.code, headers: response.headers)
    }
}
