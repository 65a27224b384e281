import Digests
import Ingest
import IngestTesting
import Ledger
import Spool
import SystemPackage
import Testing
import Threading

/// Uploads that outlive their requests, over a real spool and a real ledger.
@Suite(.timeLimit(.minutes(1))) struct ResumableUploadsTests {
    struct NoJobs: JobPlanner {
        func jobs(for file: NewFile) -> [PlannedJob] { [] }
    }

    /// A daemon's storage, and its way to resumable uploads.
    final class Server: Sendable {
        let test: TestBucket
        let time = ManualTime()
        let ledger: LedgerDatabase
        let uploads: ResumableUploads

        init(_ adjust: (inout ResumableOptions) -> Void = { _ in }) async throws {
            let directory = try TemporaryDirectory()
            ledger = try await LedgerDatabase.open(
                in: directory.path,
                options: LedgerOptions(durability: .relaxed, readers: 1),
                environment: LedgerEnvironment(health: Health(), clock: time.wallClock, planner: NoJobs())
            )
            test = try TestBucket(ledger: ledger)
            uploads = Self.uploads(test.daemon, ledger, time, adjust)
        }

        private static func uploads(
            _ daemon: TestBucket.Daemon,
            _ ledger: LedgerDatabase,
            _ time: ManualTime,
            _ adjust: (inout ResumableOptions) -> Void
        ) -> ResumableUploads {
            var options = ResumableOptions()
            adjust(&options)
            return ResumableUploads(
                intake: daemon.intake,
                store: daemon.spool,
                ledger: ledger,
                clock: time.wallClock,
                options: options
            )
        }

        /// As `kill -9` and a start would leave it.
        func restart() async throws -> (uploads: ResumableUploads, summary: RecoverySummary) {
            test.daemon.unlock()
            let next = try TestBucket.Daemon(test.options, LinuxFileCalls(), ledger)
            let summary = try await Recovery(next.bucket, uploads: ledger).run()
            let uploads = Self.uploads(next, ledger, time) { _ in }
            try await uploads.load()
            return (uploads, summary)
        }

        func begin(length: Int64? = nil) async throws -> UploadSession {
            let new = NewUpload(length: length, request: [])
            return try await uploads.begin(new, body: nil, from: .local, logger: silence) {}
        }
    }

    let bytes = Array("The quick brown fox jumps over the lazy dog".utf8)

    func resume(_ uploads: ResumableUploads, _ id: UploadID) async throws -> UploadSession {
        try await uploads.resume(id, body: nil, from: .local, logger: silence) {}
    }

    func intent(_ name: String = "fox.txt") throws -> UploadIntent {
        UploadIntent(destination: Destination(path: try bucketPath(name), collision: .reject))
    }

    @Test func anUploadInPiecesIsPublishedAsIfItHadComeInOne() async throws {
        let server = try await Server()
        let first = try await server.begin(length: 43)
        let id = first.record.id
        try await first.append(bytes[..<10])
        try await first.commit()
        await first.leave()
        for start in stride(from: 10, to: 43, by: 11) {
            let session = try await resume(server.uploads, id)
            #expect(session.offset == Int64(start))
            try await session.append(bytes[start..<(start + 11)])
            try await session.commit()
            if session.offset == session.record.length {
                let file = try await session.publish(try intent())
                #expect(
                    file.record.digest.hexadecimal
                        == "d7a8fbb307d7809469ca9abcb0082e4f8d5651e46d3cdb762d02d0bf37c9e592"
                )
            }
            await session.leave()
        }
        #expect(try await server.test.daemon.get("fox.txt").text == String(decoding: bytes, as: UTF8.self))
        #expect(try server.test.spool.entries().isEmpty)
        #expect(server.uploads.openUploads == 0)
        let record = try await server.uploads.record(of: id, by: nil) {}
        #expect(record.state == .complete)
        #expect(record.offset == 43)
        #expect(server.test.daemon.intake.uploadsInFlight == 0)
    }

    @Test func anUploadGoesOnAfterACrash() async throws {
        let server = try await Server()
        let session = try await server.begin()
        try await session.append(bytes[..<20])
        try await session.commit()
        // Not told to anybody, so it need not be there.
        try await session.append(bytes[20..<30])
        let (uploads, summary) = try await server.restart()
        #expect(summary.resumable == 1)
        #expect(summary.swept == 0)
        #expect(uploads.openUploads == 1)
        let next = try await resume(uploads, session.record.id)
        #expect(next.offset == 20)
        try next.declare(length: 43)
        try await next.append(bytes[20...])
        let file = try await next.publish(try intent())
        await next.leave()
        #expect(
            file.record.digest.hexadecimal == "d7a8fbb307d7809469ca9abcb0082e4f8d5651e46d3cdb762d02d0bf37c9e592"
        )
    }

    @Test func anUploadWhoseBytesAreLostIsForgotten() async throws {
        let server = try await Server()
        let session = try await server.begin()
        try await session.append(bytes[...])
        try await session.commit()
        await session.leave()
        let empty = try await server.begin()
        await empty.leave()
        try FileDescriptor.open(
            server.test.spool.appending(session.record.id.rawValue),
            .writeOnly,
            options: [.truncate]
        ).close()
        let (uploads, summary) = try await server.restart()
        #expect(summary.lost == 1)
        #expect(summary.resumable == 1)
        #expect(await refusal { try await resume(uploads, session.record.id) } == .notFound)
        #expect(try server.test.spool.entries().isEmpty)
    }

    @Test func aRequestThatWantsAnUploadEndsTheOneThatHasIt() async throws {
        let server = try await Server()
        let (ended, end) = AsyncStream.makeStream(of: Void.self)
        let new = NewUpload(length: nil, request: [])
        let first = try await server.uploads.begin(new, body: nil, from: .local, logger: silence) { end.yield() }
        let (id, uploads) = (first.record.id, server.uploads)
        async let offset = uploads.record(of: id, by: nil) {}.offset
        try await first.append(bytes[..<5])
        for await _ in ended { break }
        try await first.commit()
        await first.leave()
        #expect(try await offset == 5)
    }

    @Test func whatIsHeldBackCountsOnceItIsCommitted() async throws {
        let server = try await Server()
        let session = try await server.begin()
        try await session.append(bytes[..<5])
        try await session.commit()
        session.holdBack()
        try await session.append(bytes[10..<30])
        await session.leave()
        let second = try await resume(server.uploads, session.record.id)
        #expect(second.offset == 5)
        second.holdBack()
        try await second.append(bytes[30..<40])
        await second.leave()
        let next = try await resume(server.uploads, session.record.id)
        #expect(next.offset == 5)
        next.holdBack()
        try await next.append(bytes[5...])
        try await next.commit()
        #expect(next.offset == 43)
        let file = try await next.publish(try intent())
        await next.leave()
        #expect(
            file.record.digest.hexadecimal == "d7a8fbb307d7809469ca9abcb0082e4f8d5651e46d3cdb762d02d0bf37c9e592"
        )
    }

    @Test func aLongRequestIsMadeSafeMeanwhile() async throws {
        let server = try await Server { $0.checkpointInterval = 10 }
        let session = try await server.begin(length: 36)
        for start in stride(from: 0, to: 36, by: 4) {
            try await session.append(bytes[start..<(start + 4)])
        }
        // Of those that began, all but the last are over; the last bytes are the publication's.
        await session.leave()
        let record = try #require(try await server.ledger.upload(session.record.id))
        #expect(record.offset == 24)
        let next = try await resume(server.uploads, session.record.id)
        try await next.append(bytes[24..<36])
        let file = try await next.publish(try intent())
        await next.leave()
        #expect(file.record.identity.size == 36)
    }

    @Test func allRequestsMustAgreeOnTheLength() async throws {
        let server = try await Server()
        let session = try await server.begin()
        try await session.append(bytes[..<10])
        #expect(await refusal { try session.declare(length: 9) } == .lengthMismatch)
        try session.declare(length: 12)
        try session.declare(length: 12)
        #expect(await refusal { try session.declare(length: 13) } == .lengthMismatch)
        #expect(await refusal { try await session.append(bytes[..<3]) } == .lengthMismatch)
        await session.leave()
    }

    @Test func aCancelledUploadLeavesNothing() async throws {
        let server = try await Server()
        let session = try await server.begin()
        try await session.append(bytes[...])
        try await session.commit()
        await session.leave()
        try await server.uploads.cancel(session.record.id, by: nil) {}
        #expect(try server.test.spool.entries().isEmpty)
        #expect(server.uploads.openUploads == 0)
        #expect(try await server.ledger.storedBytes() == 0)
        #expect(await refusal { try await server.uploads.cancel(session.record.id, by: nil) {} } == .notFound)
    }

    @Test func anUploadExpiresUnlessItGoesOn() async throws {
        let server = try await Server { $0.expireAfter = .seconds(100) }
        var sessions: [UploadSession] = []
        for _ in 0..<3 {
            let session = try await server.begin()
            try await session.append(bytes[..<5])
            try await session.commit()
            sessions.append(session)
        }
        await sessions[0].leave()
        await sessions[1].leave()
        server.time.advance(by: .seconds(60))
        let goesOn = try await resume(server.uploads, sessions[1].record.id)
        try await goesOn.append([7])
        try await goesOn.commit()
        await goesOn.leave()
        server.time.advance(by: .seconds(60))
        // The third still has its turn.
        #expect(try await server.uploads.removeExpired(limit: 10) == 1)
        #expect(await refusal { try await resume(server.uploads, sessions[0].record.id) } == .notFound)
        #expect(try server.test.spool.entries().count == 2)
        await sessions[2].leave()
        #expect(await refusal { try await resume(server.uploads, sessions[2].record.id) } == .notFound)
        #expect(try await server.uploads.removeExpired(limit: 10) == 1)
        #expect(server.uploads.openUploads == 1)
        #expect(try server.test.spool.entries().count == 1)
    }

    /// Thousands may expire together: a commit for each would keep all others waiting.
    @Test func whatExpiresTogetherGoesInOneTransaction() async throws {
        let server = try await Server { $0.expireAfter = .seconds(100) }
        for _ in 0..<5 {
            let session = try await server.begin()
            try await session.append(bytes[..<5])
            try await session.commit()
            await session.leave()
        }
        server.time.advance(by: .seconds(101))
        let commits = server.ledger.statistics.commits
        #expect(try await server.uploads.removeExpired(limit: 4) == 4)
        #expect(server.ledger.statistics.commits == commits + 1)
        #expect(try server.test.spool.entries().count == 1)
        #expect(try await server.uploads.removeExpired(limit: 4) == 1)
        #expect(server.uploads.openUploads == 0)
    }

    @Test func aNameThatIsTakenEndsTheUpload() async throws {
        let server = try await Server()
        try await server.test.daemon.put("fox.txt", "other")
        let session = try await server.begin()
        try await session.append(bytes[...])
        try await session.commit()
        #expect(await refusal { try await session.publish(try intent()) } == .nameTaken)
        await session.leave()
        #expect(await refusal { try await resume(server.uploads, session.record.id) } == .notFound)
        #expect(try server.test.spool.entries().isEmpty)
        #expect(server.uploads.openUploads == 0)
    }

    @Test func aDigestThatIsAnotherEndsTheUpload() async throws {
        let server = try await Server()
        let session = try await server.begin()
        try await session.append(bytes[...])
        var intent = try intent()
        intent.claims = [
            DigestClaim(try #require(Digest(.sha256, bytes: [UInt8](repeating: 0, count: 32))), field: "f")
        ]
        #expect(await refusal { try await session.publish(intent) } == .digestMismatch)
        await session.leave()
        #expect(try server.test.spool.entries().isEmpty)
        #expect(try await server.ledger.upload(session.record.id) == nil)
    }

    /// A full disk, for one: the same request may succeed later.
    @Test func anUploadOutlivesAPublicationThatFailsForNow() async throws {
        let server = try await Server()
        let session = try await server.begin()
        try await session.append(bytes[...])
        try await session.commit()
        server.test.plan.failAll(.setAttribute, with: .noSpace)
        #expect(await refusal { try await session.publish(try intent()) } == .noSpace)
        await session.leave()
        server.test.plan.failAll(.setAttribute, with: nil)
        let next = try await resume(server.uploads, session.record.id)
        #expect(next.offset == 43)
        _ = try await next.publish(try intent())
        await next.leave()
        #expect(try await server.test.daemon.get("fox.txt").text == String(decoding: bytes, as: UTF8.self))
    }

    @Test func anUploadThatIsOverCountsOnce() async throws {
        let server = try await Server()
        try await server.test.daemon.put("fox.txt", "other")
        let session = try await server.begin()
        let other = try await server.begin()
        try await session.append(bytes[...])
        #expect(await refusal { try await session.publish(try intent()) } == .nameTaken)
        #expect(session.isOver)
        await session.abandon()
        #expect(server.uploads.openUploads == 1)
        await other.leave()
    }

    @Test(arguments: [DigestAlgorithm.sha512, .md5])
    func digestsThatAreClaimedLateAreComputedOverTheWhole(_ algorithm: DigestAlgorithm) async throws {
        let server = try await Server()
        let session = try await server.begin()
        try await session.append(bytes[..<20])
        try await session.commit()
        await session.leave()
        var hash = StreamingDigest(algorithm)
        hash.update(bytes[...])
        var intent = try intent()
        intent.claims = [DigestClaim(hash.finalize(), field: "Repr-Digest")]
        let next = try await resume(server.uploads, session.record.id)
        next.compute([algorithm])
        try await next.append(bytes[20...])
        let file = try await next.publish(intent)
        await next.leave()
        #expect(file.record.digests.keys.contains(algorithm))
    }

    @Test func thereIsALimitToUnfinishedUploads() async throws {
        let server = try await Server { $0.maxOpenUploads = 1 }
        let session = try await server.begin()
        #expect(await refusal { try await server.begin() } == .tooManyUploads)
        await session.leave()
        #expect(await refusal { try await server.begin() } == .tooManyUploads)
        try await server.uploads.cancel(session.record.id, by: nil) {}
        let next = try await server.begin()
        await next.leave()
    }
}
