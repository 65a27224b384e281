import Glibc
import Ingest
import IngestTesting
import SystemPackage
import Testing

@testable import Spool

/// The bucket belongs to those who watch it.
@Suite(.timeLimit(.minutes(1))) struct WatcherTests {
    @Test func aFileMovedAtOnceIsPublishedAndStillReadByItsJobs() async throws {
        let test = try TestBucket()
        test.plan.hold(.syncDirectory)
        let put = Task { try await test.daemon.put("a", "text") }
        await test.plan.waitUntilHeld()
        test.plan.release(.syncDirectory)
        let record = try await put.value
        try test.path("a").move(to: test.tree.path.appending("taken"))
        let opened = try #require(try await test.bucket.open(record))
        #expect(try opened.descriptor.closeAfter { try contents(of: opened.descriptor) } == "text")
        #expect(opened.record == record)
        #expect(await refusal { try await test.daemon.get("a") } == .notFound)
        #expect(test.ledger.rows.map(\.state) == [.gone])
        #expect(!test.ledger.jobsAreCancelled(of: record.id))
        #expect(try await test.daemon.put("a", "again").path.description == "a")
        #expect(!test.ledger.jobsAreCancelled(of: record.id))
        test.bucket.releaseHeld(record.id)
        #expect(try await test.bucket.open(record) == nil)
    }

    @Test func aNameTakenByAWatcherIsFreeAtOnceAndItsJobsGoOn() async throws {
        let test = try TestBucket()
        let first = try await test.daemon.put("a", "1", .reject)
        try test.path("a").remove()
        let second = try await test.daemon.put("a", "2", .reject)
        #expect(test.ledger.rows.map(\.state) == [.gone, .published])
        #expect(!test.ledger.jobsAreCancelled(of: first.id))
        test.bucket.releaseHeld(second.id)
        try test.path("a").remove()
        try await test.daemon.put("a", "3", .reject)
        #expect(test.ledger.jobsAreCancelled(of: second.id))
    }

    @Test func onlySoManyFilesAreHeld() async throws {
        let test = try TestBucket { $0.heldFiles = 2 }
        var records: [FileRecord] = []
        for number in 0..<3 {
            records.append(try await test.daemon.put("\(number)", "text"))
            try test.path("\(number)").remove()
        }
        #expect(try await test.bucket.open(records[0]) == nil)
        for record in records.dropFirst() {
            let opened = try #require(try await test.bucket.open(record))
            try opened.descriptor.close()
        }
    }

    @Test func presenceTellsUntouchedChangedAndGone() async throws {
        let test = try TestBucket()
        var records: [FileRecord] = []
        for name in ["untouched", "changed", "d/gone", "moved"] {
            records.append(try await test.daemon.put(name, "text"))
        }
        try test.path("changed").write("other")
        try test.path("d/gone").remove()
        try test.path("moved").remove()
        try test.path("moved").write("somebody else's, longer")
        #expect(try await test.bucket.present(records) == [.untouched, .changedOutside, .gone, .gone])
        #expect(test.ledger.rows.map(\.state) == [.published, .published, .gone, .gone])
        #expect(try await test.daemon.get("untouched").record == records[0])
        #expect(try await test.daemon.get("changed").record == nil)
        #expect(try await test.daemon.get("moved").record == nil)
        #expect(try await test.bucket.open(records[0]).map { try $0.descriptor.close() } != nil)
    }

    @Test func aFaithfulCopyTakesItsRowOver() async throws {
        let (test, record) = try await copied("text")
        test.plan.hold(.read)
        #expect(try await test.daemon.get("a").record == nil)
        await test.plan.waitUntilHeld()
        // However long the comparison takes, a job does not wait for it.
        #expect(await refusal { try await test.bucket.open(record) } == .undecided)
        #expect(await refusal { try await test.bucket.open(record) } == .undecided)
        test.plan.release(.read)
        await compared(record, test)
        let opened = try #require(try await test.bucket.open(record))
        try opened.descriptor.close()
        #expect(opened.record?.id == record.id)
        #expect(try await test.daemon.get("a").record?.id == record.id)
        #expect(test.ledger.rows.map(\.state) == [.published])
    }

    @Test func aCopyWithOtherBytesIsForeign() async throws {
        let (test, record) = try await copied("TEXT")
        #expect(await refusal { try await test.bucket.open(record) } == .undecided)
        await compared(record, test)
        #expect(try await test.bucket.open(record) == nil)
        #expect(try await test.daemon.get("a").record == nil)
        #expect(test.ledger.rows.map(\.state) == [.gone])
    }

    @Test func aCopyThatCannotBeReadIsAnErrorAndThenTriedAgain() async throws {
        let (test, record) = try await copied("text")
        test.plan.failAll(.read, with: .ioError)
        #expect(await refusal { try await test.bucket.open(record) } == .undecided)
        await compared(record, test)
        #expect(await refusal { try await test.bucket.open(record) } == .storageFailed)
        test.plan.failAll(.read, with: nil)
        #expect(await refusal { try await test.bucket.open(record) } == .undecided)
        await compared(record, test)
        #expect(try await test.bucket.open(record).map { try $0.descriptor.close() } != nil)
    }

    @Test func aStopEndsTheComparison() async throws {
        let (test, record) = try await copied("text")
        test.plan.hold(.read)
        #expect(await refusal { try await test.bucket.open(record) } == .undecided)
        await test.plan.waitUntilHeld()
        test.bucket.stopBackgroundWork()
        test.plan.release(.read)
        await compared(record, test)
        #expect(test.ledger.rows == [record])
        #expect(!test.bucket.renewals.begin(record.id))
    }

    /// A bucket whose file `a` was published and then replaced by a copy with this text.
    private func copied(_ text: String) async throws -> (TestBucket, FileRecord) {
        let test = try TestBucket { $0.heldFiles = 0 }
        _ = try await test.daemon.put("a", "text")
        let record = try #require(test.ledger.rows.first)
        try copy(record, text, in: test)
        return (test, record)
    }

    private func compared(_ record: FileRecord, _ test: TestBucket) async {
        while test.bucket.renewals.isPending(record.id) {
            await Task.yield()
        }
    }

    /// Another inode of the same size and time.
    private func copy(_ record: FileRecord, _ text: String, in test: TestBucket) throws {
        let path = test.path(record.path.description)
        try path.move(to: test.tree.path.appending("original"))
        try path.write(text)
        let file = try FileDescriptor.open(path, .readWrite)
        try file.closeAfter {
            try LinuxFileCalls().setModificationTime(file, record.identity.modificationTime)
        }
    }

    @Test func aReaderThatMeetsAReplacementGetsOneGenerationWhole() async throws {
        let test = try TestBucket()
        try await test.daemon.put("a", "first")
        test.plan.hold(.status)
        let reader = Task { try await test.daemon.get("a") }
        await test.plan.waitUntilHeld()
        // The first generation is open; the name goes to the second, by calls that are not held.
        test.daemon.unlock()
        let other = try TestBucket.Daemon(test.options, LinuxFileCalls(), test.ledger)
        let second = try await other.put("a", "second", .replace)
        test.plan.release(.status)
        let (text, record) = try await reader.value
        #expect(text == "second")
        #expect(record?.id == second.id)
    }

    @Test func aFIFOHangsNobody() async throws {
        let test = try TestBucket()
        try #require(test.path("fifo").withPlatformString { mkfifo($0, 0o600) } == 0)
        #expect(await refusal { try await test.daemon.get("fifo") } == .notFound)
        #expect(await refusal { try await test.bucket.remove(bucketPath("fifo"), if: .none) } == .notOurs)
    }

    @Test func aVanishedDirectoryIsMadeAgain() async throws {
        let test = try TestBucket()
        test.plan.hold(.renameExclusively)
        let put = Task { try await test.daemon.put("d/a", "text") }
        await test.plan.waitUntilHeld()
        try LinuxFileCalls().removeDirectory(test.path("d"), in: workingDirectory)
        test.plan.release(.renameExclusively)
        _ = try await put.value
        #expect(try test.path("d/a").read() == "text")
    }
}
