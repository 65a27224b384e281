import Ingest
import IngestTesting
import Spool
import SystemPackage
import Testing

@Suite(.timeLimit(.minutes(1))) struct RemovalTests {
    @Test func ourUntouchedFileIsRemoved() async throws {
        let test = try TestBucket()
        let record = try await test.daemon.put("d/a", "text")
        let wrong = try #require(SHA256Digest(repeatElement(0, count: 32)))
        #expect(await refusal { try await remove("d/a", .digest([wrong]), test) } == .preconditionFailed)
        #expect(try await remove("d/a", .digest([record.digest]), test).id == record.id)
        #expect(!test.path("d/a").exists)
        #expect(test.ledger.rows.map(\.state) == [.deleted])
        #expect(try test.spool.entries().isEmpty)
        #expect(await refusal { try await remove("d/a", .none, test) } == .notFound)
        #expect(await refusal { try await remove("d/a", .exists, test) } == .preconditionFailed)
    }

    @Test func filesOfOthersStay() async throws {
        let test = try TestBucket()
        try test.path("foreign").write("theirs")
        try await test.daemon.put("changed", "text")
        try test.path("changed").write("touched")
        for name in ["foreign", "changed"] {
            #expect(await refusal { try await remove(name, .none, test) } == .notOurs)
            #expect(await refusal { try await remove(name, .exists, test) } == .preconditionFailed)
        }
        #expect(try test.options.bucket.entries() == ["changed", "foreign"])
    }

    @Test func aFileSwappedInTheLastMomentIsPutBack() async throws {
        let test = try TestBucket()
        try await test.daemon.put("a", "ours")
        test.plan.hold(.rename)
        let removal = Task { try await remove("a", .none, test) }
        await test.plan.waitUntilHeld()
        try test.path("a").remove()
        try test.path("a").write("theirs")
        test.plan.release(.rename)
        #expect(await refusal { try await removal.value } == .notOurs)
        #expect(try test.path("a").read() == "theirs")
        #expect(test.ledger.rows.map(\.state) == [.gone])
        #expect(try test.spool.entries().isEmpty)
    }

    @Test func aFileTakenInTheLastMomentIsNotFound() async throws {
        let test = try TestBucket()
        try await test.daemon.put("a", "ours")
        test.plan.hold(.rename)
        let removal = Task { try await remove("a", .none, test) }
        await test.plan.waitUntilHeld()
        try test.path("a").remove()
        test.plan.release(.rename)
        #expect(await refusal { try await removal.value } == .notFound)
        #expect(test.ledger.rows.map(\.state) == [.gone])
    }

    @Test func aRemovalIsFinishedThoughItsClientIsGone() async throws {
        let test = try TestBucket()
        try await test.daemon.put("a", "ours")
        test.plan.hold(.rename)
        let removal = Task { try await remove("a", .none, test) }
        await test.plan.waitUntilHeld()
        removal.cancel()
        test.plan.release(.rename)
        _ = try await removal.value
        #expect(test.ledger.rows.map(\.state) == [.deleted])
    }

    /// The name is gone safely before the last transaction.
    @Test(arguments: [
        FaultPlan.TransactionFailure.nothingChanged(IngestError(.noSpace, "full")), .outcomeUnknown(kept: false),
    ])
    func aRemovalThatCannotBeWrittenDownIsDone(_ failure: FaultPlan.TransactionFailure) async throws {
        let test = try TestBucket()
        try await test.daemon.put("a", "ours")
        test.plan.failNext(.finishDeletion, failure)
        try await remove("a", .none, test)
        #expect(test.ledger.rows.map(\.state) == [.deleting])
        #expect(try await test.restart().summary.deleted == 1)
        #expect(test.ledger.rows.map(\.state) == [.deleted])
    }

    @Test func aRemovalThatFailsLeavesTheFileItsJobs() async throws {
        let test = try TestBucket()
        let record = try await test.daemon.put("a", "ours")
        test.plan.failAll(.rename, with: .ioError)
        #expect(await refusal { try await remove("a", .none, test) } == .storageFailed)
        #expect(test.ledger.rows.map(\.state) == [.published])
        #expect(test.ledger.job(of: record.id) == .ready)
    }

    @Test func aCorruptFileThatCannotBeRemovedStaysCorrupt() async throws {
        let test = try TestBucket()
        let record = try await test.daemon.put("a", "ours")
        #expect(test.ledger.rows.map(\.state) == [.published])
        try await test.ledger.markCorrupt(record.id)
        test.plan.failAll(.rename, with: .permissionDenied)
        #expect(await refusal { try await remove("a", .none, test) } == .storageFailed)
        #expect(test.ledger.rows.map(\.state) == [.corrupt])
        test.plan.failAll(.rename, with: nil)
        try await remove("a", .none, test)
        #expect(test.ledger.rows.map(\.state) == [.deleted])
    }

    @discardableResult
    private func remove(_ name: String, _ precondition: Precondition, _ test: TestBucket) async throws -> FileRecord {
        try await test.bucket.remove(bucketPath(name), if: precondition)
    }
}
