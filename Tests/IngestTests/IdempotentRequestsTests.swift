import IngestTesting
import Logging
import Testing

@testable import Ingest

@Suite(.timeLimit(.minutes(1))) struct IdempotentRequestsTests {
    private let ledger = InMemoryIdempotencyLedger()
    private let time = ManualTime()
    private let health = Health()
    private let store = StoreFake()
    private let files = FilesFake()
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    private let key = IdempotencyKey("key", scope: [])

    private func requests(_ limits: IngestLimits = IngestLimits()) -> (IdempotentRequests, UploadIntake) {
        let intake = UploadIntake(store: store, files: files, ledger: LedgerFake(), limits: limits, health: health)
        return (IdempotentRequests(intake: intake, ledger: ledger, clock: time.wallClock), intake)
    }

    private func turn(_ requests: IdempotentRequests) async throws -> RequestTurn {
        guard case .new(let turn) = try await requests.begin(key) else { throw IngestError(.nameTaken, "") }
        return turn
    }

    private func upload(_ bytes: [UInt8], to batch: UploadBatch) async throws {
        let path = try BucketPath(segments: ["a.txt"])
        let upload = try await batch.begin(UploadIntent(destination: Destination(path: path, collision: .rename)))
        try await upload.append(bytes[...])
        try await upload.finish()
    }

    private func record(_ state: FileState = .published) {
        let request = IdempotentRequest(
            key: key,
            fingerprint: RequestFingerprint(kind: "", files: []),
            expiresAt: time.wallClock.now().advanced(by: .seconds(60))
        )
        let identity = FileIdentity(inode: 1, birthTime: 1, size: 1, modificationTime: 1)
        guard let digest = SHA256Digest([UInt8](repeating: 1, count: 32)) else { return }
        let file = FileRecord(
            id: FileID(1),
            path: BucketPath(recorded: [97]),
            generation: 1,
            state: state,
            upload: .random(),
            identity: identity,
            digest: digest,
            contentType: nil,
            originalName: nil,
            replaces: nil,
            createdAt: time.wallClock.now()
        )
        ledger.record(request, files: [PublishedFile(record: file, jobs: [])])
    }

    @Test func oneRequestOfAKeyRunsAtATime() async throws {
        let (requests, _) = requests()
        let first = try await turn(requests)
        guard case .running = try await requests.begin(key) else {
            Issue.record("two run")
            return
        }
        _ = try await requests.begin(IdempotencyKey("other", scope: []))
        first.end()
        try await turn(requests).end()
    }

    @Test func aRecordedRequestIsToldUntilItExpires() async throws {
        let (requests, _) = requests()
        record()
        for _ in 0..<2 {
            guard case .recorded(let found) = try await requests.begin(key) else {
                Issue.record("forgotten")
                return
            }
            #expect(found.files.count == 1)
        }
        time.advance(by: .seconds(60))
        try await turn(requests).end()
        #expect(try await requests.removeExpired(limit: 10) == 1)
        #expect(ledger.count == 0)
    }

    @Test func whatIsNotSureIsNotTold() async throws {
        let (requests, _) = requests()
        record(.publishing)
        for _ in 0..<2 {
            await #expect(throws: IngestError.self) { try await requests.begin(key) }
        }
        record()
        health.fail("a test")
        await #expect(throws: IngestError.self) { try await requests.begin(key) }
        #expect(try await requests.removeExpired(limit: 10) == 0)
    }

    @Test func aPublicationNamesItsRequest() async throws {
        let (requests, intake) = requests()
        let turn = try await turn(requests)
        let batch = try await intake.openBatch(logger: logger)
        try await upload([1, 2], to: batch)
        _ = try await batch.publish(turn, kind: "text/plain")
        let request = try #require(files.published.first?.request)
        #expect(request.key == key)
        #expect(request.expiresAt == time.wallClock.now().advanced(by: .seconds(24 * 3600)))
    }

    /// Though there is neither space nor quota for what it brings.
    @Test func aComparisonStoresNothingAndTakesAPlaceOnly() async throws {
        var limits = IngestLimits()
        (limits.quota, limits.minFreeSpace, limits.maxConcurrentUploads) = (1, 1 << 39, 1)
        store.available = 0
        store.inodes.available = 0
        let (requests, _) = requests(limits)
        let batch = try await requests.openComparison(from: .local, logger: logger)
        try await upload([UInt8](repeating: 7, count: 100_000), to: batch)
        await #expect(throws: IngestError.self) { try await requests.openComparison(from: .local, logger: logger) }
        let found = try await batch.finishComparison(kind: "k")
        #expect(found != RequestFingerprint(kind: "k", files: []))
        #expect(store.discarded == 0)
        #expect(files.published.isEmpty)
        let next = try await requests.openComparison(from: .local, logger: logger)
        try await upload([UInt8](repeating: 7, count: 100_000), to: next)
        #expect(try await next.finishComparison(kind: "k") == found)
    }

    @Test func fingerprintsTellRequestsApart() throws {
        let path = try BucketPath(segments: ["a"])
        let other = try BucketPath(segments: ["b"])
        let digests = try [1, 2].map { try #require(SHA256Digest([UInt8](repeating: $0, count: 32))) }
        let prints = [
            RequestFingerprint(kind: "", files: []), RequestFingerprint(kind: "k", files: []),
            RequestFingerprint(kind: "k", files: [(path, digests[0])]),
            RequestFingerprint(kind: "k", files: [(path, digests[1])]),
            RequestFingerprint(kind: "k", files: [(other, digests[0])]),
            RequestFingerprint(kind: "ka", files: []),
            RequestFingerprint(kind: "k", files: [(path, digests[0]), (path, digests[0])]),
        ]
        #expect(Set(prints).count == prints.count)
        #expect(prints[2] == RequestFingerprint(kind: "k", files: [(path, digests[0])]))
        let keys = [("a", ["b"]), ("b", ["a"]), ("ab", [""]), ("ab", []), ("b", ["", "a"])].map { text, scope in
            IdempotencyKey(text, scope: scope.map { Array($0.utf8) })
        }
        #expect(Set(keys).count == keys.count)
    }
}
