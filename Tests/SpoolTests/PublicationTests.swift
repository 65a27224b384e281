import Ingest
import IngestTesting
import Spool
import SystemPackage
import Testing

@Suite(.timeLimit(.minutes(1))) struct PublicationTests {
    @Test(arguments: [FileCall.syncDirectory, .statusOfName, .renameExclusively])
    func aCancelledClientLeavesItWhole(_ step: FileCall) async throws {
        let test = try TestBucket()
        let daemon = test.daemon
        let (writer, upload) = try await daemon.seal("text")
        let destination = Destination(path: try bucketPath("a"), collision: .reject)
        let publishable = Publishable(upload: upload, destination: destination, contentType: nil, originalName: nil)
        test.plan.hold(step)
        let publication = Task { try await daemon.bucket.publish([publishable]) }
        await test.plan.waitUntilHeld()
        publication.cancel()
        // A DELETE of the upload that comes meanwhile touches nothing.
        await writer.discard()
        test.plan.release(step)
        #expect(try await publication.value.count == 1)
        #expect(try test.path("a").read() == "text")
    }

    @Test func whoAbandonsAPublishedUploadTakesNothingFromItsJobs() async throws {
        let test = try TestBucket()
        let (writer, upload) = try await test.daemon.seal("text")
        let destination = Destination(path: try bucketPath("a"), collision: .reject)
        let publishable = Publishable(upload: upload, destination: destination, contentType: nil, originalName: nil)
        let record = try #require(try await test.bucket.publish([publishable]).first?.record)
        await writer.discard()
        try test.path("a").remove()
        let opened = try #require(try await test.bucket.open(record))
        #expect(try opened.descriptor.closeAfter { try contents(of: opened.descriptor) } == "text")
    }

    @Test func aFailureInAFormTakesBackWhatAppeared() async throws {
        let test = try TestBucket()
        let files = try ["a", "new/b", "c"].map { name in
            ("text", Destination(path: try bucketPath(name), collision: .reject))
        }
        test.plan.hold(.makeDirectory)
        let form = Task { try await test.daemon.publish(files) }
        await test.plan.waitUntilHeld()
        #expect(try test.options.bucket.entries() == ["a"])
        try test.path("c").write("theirs")
        test.plan.release(.makeDirectory)
        #expect(await refusal { try await form.value } == .nameTaken)
        #expect(try test.options.bucket.entries() == ["c"])
        #expect(try test.path("c").read() == "theirs")
        #expect(try test.spool.entries().isEmpty)
        #expect(test.ledger.rows.map(\.state) == [.withdrawn, .withdrawn, .withdrawn])
    }

    @Test func aRefusedCommitShowsNothing() async throws {
        let test = try TestBucket()
        test.plan.failNext(.recordPublication, .nothingChanged(IngestError(.noSpace, "full")))
        #expect(await refusal { try await test.daemon.put("d/a", "text") } == .noSpace)
        #expect(try test.options.bucket.entries().isEmpty)
        #expect(try test.spool.entries().isEmpty)
        #expect(test.daemon.health.reason == nil)
        try await test.daemon.put("d/a", "text")
    }

    /// A disk too full for a name may be too full for the ledger.
    @Test(arguments: [1, 2])
    func aWithdrawalThatCannotBeRecordedGivesItsSpaceBackFirst(_ failures: Int) async throws {
        let test = try TestBucket()
        test.plan.failAll(.renameExclusively, with: .noSpace)
        test.plan.failNext(.withdrawPublication, .nothingChanged(IngestError(.noSpace, "full")), times: failures)
        #expect(await refusal { try await test.daemon.put("a", "text") } == .noSpace)
        #expect(test.daemon.health.reason == nil)
        #expect(test.ledger.rows.map(\.state) == [failures == 1 ? .withdrawn : .publishing])
        #expect(try test.spool.entries().isEmpty)
        try await test.restart()
        #expect(try test.options.bucket.entries().isEmpty)
        #expect(test.ledger.rows.map(\.state) == [failures == 1 ? .withdrawn : .gone])
    }

    @Test func aWithdrawalOfUnknownOutcomeIsDecidedByTheRestart() async throws {
        let test = try TestBucket()
        test.plan.failAll(.renameExclusively, with: .noSpace)
        test.plan.failNext(.withdrawPublication, .outcomeUnknown(kept: false))
        #expect(await refusal { try await test.daemon.put("a", "text") } == .outcomeUnknown)
        #expect(test.daemon.health.reason != nil)
        try await test.restart()
        #expect(try test.path("a").read() == "text")
    }

    @Test func withoutExclusiveRenameFilesAreLinked() async throws {
        let plan = FaultPlan()
        plan.failAll(.renameExclusively, with: .invalidArgument)
        let test = try TestBucket(plan: plan)
        try await test.daemon.put("a", "1")
        #expect(try await test.daemon.put("a", "2").path.description == "a (1)")
        try await test.daemon.put("a", "3", .replace)
        #expect(try test.path("a").read() == "3")
        #expect(try test.path("a").status().links == 1)
        #expect(try test.spool.entries().isEmpty)
        // Linked, and the spool name cannot be removed: taken back.
        plan.failAll(.unlink, with: .ioError)
        #expect(await refusal { try await test.daemon.put("b", "4") } == .outcomeUnknown)
        plan.failAll(.unlink, with: nil)
    }

    @Test func syncsOfOneDirectoryAreShared() async throws {
        let test = try TestBucket()
        let daemon = test.daemon
        // The first holds its sync of the spool while the others arrive.
        test.plan.hold(.syncDirectory)
        let puts = (0..<50).map { number in
            Task { try await daemon.put("\(number)", "text") }
        }
        await test.plan.waitUntilHeld()
        test.plan.startCounting()
        test.plan.release(.syncDirectory)
        for put in puts {
            _ = try await put.value
        }
        #expect(test.plan.calls.filter { $0 == .syncDirectory }.count < 80)
        #expect(try test.options.bucket.entries().count == 50)
    }

    @Test func aFailedDirectorySyncEndsAllWriting() async throws {
        let test = try TestBucket()
        test.plan.hold(.renameExclusively)
        let put = Task { try await test.daemon.put("a", "text") }
        await test.plan.waitUntilHeld()
        test.plan.failAll(.syncDirectory, with: .ioError)
        test.plan.release(.renameExclusively)
        #expect(await refusal { try await put.value } == .outcomeUnknown)
        test.plan.failAll(.syncDirectory, with: nil)
        #expect(await refusal { try await test.daemon.put("b", "text") } == .unhealthy)
        #expect(await refusal { try await test.bucket.remove(bucketPath("a"), if: .none) } == .unhealthy)
        try await test.restart()
        #expect(try test.path("a").read() == "text")
        #expect(test.ledger.rows.map(\.state) == [.published])
    }
}
