import Logging
import Testing
import Threading

@testable import Ingest

/// The limits that an uploader has besides those of the server.
@Suite(.timeLimit(.minutes(1))) struct OwnLimitsTests {
    private let store = StoreFake()
    private let files = FilesFake()
    private let ledger = LedgerFake()
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func intake() -> UploadIntake {
        UploadIntake(store: store, files: files, ledger: ledger, limits: IngestLimits(), health: Health())
    }

    private func batch(of uploader: Uploader, _ intake: UploadIntake) async throws -> UploadBatch {
        try await intake.openBatch(
            body: 1,
            claim: 1,
            from: UploadSource(address: nil, uploader: uploader),
            logger: logger
        )
    }

    private func intent() throws -> UploadIntent {
        UploadIntent(destination: Destination(path: try BucketPath(segments: ["a"]), collision: .rename))
    }

    private func isForbidden(_ body: () async throws -> Void) async -> Bool {
        do {
            try await body()
            return false
        } catch {
            return (error as? IngestError)?.code == .forbidden
        }
    }

    /// Where nobody has a quota, nothing is asked about bytes.
    @Test func aNumberOfFilesCostsNoLookAtBytes() async throws {
        let (intake, uploader) = (intake(), Uploader(id: "ticket", maxFiles: 2))
        let batch = try await batch(of: uploader, intake)
        let upload = try await batch.begin(try intent())
        for _ in 0..<3 { try await upload.append(ArraySlice(repeating: 0, count: 100 << 10)) }
        await batch.abandon(because: CancellationError())
        #expect(ledger.ownReadings.withLock { $0 } == 0)
        let other = try await self.batch(of: Uploader(id: "token", quota: 1 << 30), intake)
        await other.abandon(because: CancellationError())
        #expect(ledger.ownReadings.withLock { $0 } == 1)
    }

    /// A file that has its record and not its name yet, or no answer, is one file.
    @Test func aFileThatIsBeingPublishedCountsOnce() async throws {
        let (intake, uploader) = (intake(), Uploader(id: "ticket", maxFiles: 2))
        let admitted = Locked(0)
        files.publication = { uploads in
            ledger.publishing.withLock { $0 += uploads.count }
            guard let other = try? await batch(of: uploader, intake) else { return }
            await other.abandon(because: CancellationError())
            admitted.withLock { $0 += 1 }
        }
        let first = try await batch(of: uploader, intake)
        try await first.begin(try intent()).finish()
        _ = try await first.publish()
        #expect(admitted.withLock { $0 } == 1)
        let second = try await batch(of: uploader, intake)
        #expect(await isForbidden { _ = try await batch(of: uploader, intake) })
        await second.abandon(because: CancellationError())
        let third = try await batch(of: uploader, intake)
        await third.abandon(because: CancellationError())
    }
}
