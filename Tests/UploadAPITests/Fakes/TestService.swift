import HTTPTypes
import Ingest
import IngestTesting
import Logging
import MicroHTTP
import UploadAPI

struct FixedClock: WallClock {
    func now() -> Timestamp { MemoryBucket.time }
}

/// The service over a bucket in memory.
struct TestService {
    let bucket: MemoryBucket
    let ends = JobEnds()
    let health = Health()
    let service: UploadService

    init(
        plan: [String] = [],
        limits: IngestLimits = IngestLimits(),
        _ configure: (inout UploadServiceOptions) -> Void = { _ in }
    ) {
        var options = UploadServiceOptions()
        configure(&options)
        bucket = MemoryBucket(plan: plan)
        let intake = UploadIntake(store: bucket, files: bucket, ledger: bucket, limits: limits, health: health)
        service = UploadService(
            intake: intake,
            uploads: ResumableUploads(
                intake: intake,
                store: bucket,
                ledger: bucket.uploads,
                clock: FixedClock(),
                uploaders: options.access.uploaders
            ),
            requests: IdempotentRequests(intake: intake, ledger: bucket.requests, clock: FixedClock()),
            catalog: FileCatalog(ledger: bucket, files: bucket, queue: bucket),
            files: bucket,
            ledger: bucket,
            queue: bucket,
            ends: ends,
            health: health,
            thumbnails: FixedThumbnails(),
            options: options
        )
    }

    func send(
        _ method: HTTPRequest.Method,
        _ target: String,
        _ fields: [String: String] = [:],
        chunks: [[UInt8]] = [],
        isLengthDeclared: Bool = true,
        failure: RequestBodyError? = nil,
        trailers: [String: String] = [:],
        interim: @escaping @Sendable (InterimResponse) -> Bool = { _ in false },
        host: String? = "127.0.0.1:8080",
        local: BoundAddress = .tcp(host: "127.0.0.1", port: 8080),
        isHTTP11: Bool = true
    ) async -> Reply {
        var (headers, behind): (HTTPFields, HTTPFields) = ([:], [:])
        for (name, value) in trailers {
            if let name = HTTPField.Name(name) {
                behind[name] = value
            }
        }
        let all = fields.merging(host.map { ["Host": $0] } ?? [:]) { first, _ in first }
        for (name, value) in all {
            if let name = HTTPField.Name(name) {
                headers[name] = value
            }
        }
        let request = Request(
            id: 1,
            method: method,
            target: RequestTarget(target),
            headers: headers,
            body: RequestBody(
                chunks,
                isLengthDeclared: isLengthDeclared,
                failure: failure,
                trailers: behind,
                interim: interim
            ),
            peer: .tcp(host: "127.0.0.1", port: 40_000),
            local: local,
            isHTTP11: isHTTP11,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        return Reply(await service.respond(to: request))
    }

    func send(
        _ method: HTTPRequest.Method,
        _ target: String,
        _ fields: [String: String] = [:],
        body: String
    ) async -> Reply {
        await send(method, target, fields, chunks: [Array(body.utf8)])
    }
}
