import Glibc
import Ingest
import IngestTesting
import Spool
import SystemPackage
import Testing

/// Each crash point of a publication and a removal, built on disk and in the ledger.
@Suite(.timeLimit(.minutes(1))) struct RecoveryTests {
    /// A bucket whose daemon died after the commit of one publication: the file is still in the spool.
    private struct Crash {
        var record: FileRecord
        let bucket: TestBucket

        init(_ name: String, replacing: Bool = false) async throws {
            let test = try TestBucket()
            let old = replacing ? try await test.daemon.put(name, "old") : nil
            let upload = try await test.daemon.seal("new").upload
            let file = NewFile(
                path: try bucketPath(name),
                upload: upload.id,
                identity: upload.identity,
                digest: upload.digest,
                contentType: nil,
                originalName: nil,
                replaces: old?.id
            )
            record = try #require(try await test.ledger.recordPublication([file]).first)
            bucket = test
        }

        var spoolFile: FilePath { bucket.spool.appending(record.upload.rawValue) }

        /// The state of the row after recovery, run twice, and what it did.
        func recover() async throws -> (state: FileState?, path: String, summary: RecoverySummary) {
            let (daemon, summary) = try await bucket.restart()
            daemon.unlock()
            let (again, second) = try await bucket.restart()
            again.unlock()
            #expect(second == RecoverySummary())
            #expect(try bucket.spool.entries().isEmpty)
            let row = bucket.ledger.rows.first { $0.id == record.id }
            return (row?.state, row?.path.description ?? "", summary)
        }
    }

    @Test func aCommittedFileGetsItsName() async throws {
        let crash = try await Crash("d/a")
        let (state, path, summary) = try await crash.recover()
        #expect(state == .published)
        #expect(path == "d/a")
        #expect(summary.published == 1)
        #expect(try crash.bucket.path("d/a").read() == "new")
    }

    @Test func aCommittedReplacementReplaces() async throws {
        let crash = try await Crash("a", replacing: true)
        let (state, path, _) = try await crash.recover()
        #expect(state == .published)
        #expect(path == "a")
        #expect(try crash.bucket.path("a").read() == "new")
        #expect(crash.bucket.ledger.rows.map(\.state) == [.superseded, .published])
    }

    @Test func aReplacementOfAFileThatOthersChangedTakesAnotherName() async throws {
        let crash = try await Crash("a", replacing: true)
        try crash.bucket.path("a").write("theirs")
        let (state, path, summary) = try await crash.recover()
        #expect(state == .published)
        #expect(path == "a (1)")
        #expect(summary.renamed == 1)
        #expect(try crash.bucket.path("a").read() == "theirs")
        #expect(try crash.bucket.path("a (1)").read() == "new")
    }

    @Test func aReplacementOfAFileThatIsGoneTakesItsName() async throws {
        let crash = try await Crash("a", replacing: true)
        try crash.bucket.path("a").remove()
        #expect(try await crash.recover().path == "a")
        #expect(try crash.bucket.path("a").read() == "new")
    }

    @Test func aNameTakenMeanwhileIsLeft() async throws {
        let crash = try await Crash("a")
        try crash.bucket.path("a").write("theirs")
        try crash.bucket.path("a (1)").write("theirs too")
        let (state, path, summary) = try await crash.recover()
        #expect(state == .published)
        #expect(path == "a (2)")
        #expect(summary.renamed == 1)
        #expect(try crash.bucket.path("a").read() == "theirs")
    }

    @Test func aFileWhoseDirectoryBecameAFileIsGivenUp() async throws {
        let crash = try await Crash("d/a")
        try crash.bucket.path("d").write("theirs")
        let (state, _, summary) = try await crash.recover()
        #expect(state == .withdrawn)
        #expect(summary.withdrawn == 1)
        #expect(try crash.bucket.options.bucket.entries() == ["d"])
    }

    @Test func aNamedFileIsConfirmed() async throws {
        let crash = try await Crash("a")
        try crash.spoolFile.move(to: crash.bucket.path("a"))
        let (state, _, summary) = try await crash.recover()
        #expect(state == .published)
        #expect(summary.published == 1)
    }

    /// As a backup of that moment has it.
    @Test func aCopyOfANamedFileIsConfirmed() async throws {
        let crash = try await Crash("a")
        try copy(crash.spoolFile, to: crash.bucket.path("a"))
        try crash.spoolFile.remove()
        let (state, _, summary) = try await crash.recover()
        #expect(state == .published)
        #expect(summary.published == 1)
    }

    /// As `cp --archive` does: another inode with the same times.
    private func copy(_ file: FilePath, to copy: FilePath) throws {
        try copy.write(try file.read())
        var found = stat()
        try #require(stat(file.string, &found) == 0)
        try #require(utimensat(AT_FDCWD, copy.string, [found.st_atim, found.st_mtim], 0) == 0)
    }

    /// As on a disk that everything was copied to.
    private func replaceByCopy(_ file: FilePath) throws {
        let original = FilePath(file.string + ".original")
        try file.move(to: original)
        try copy(original, to: file)
        try original.remove()
    }

    @Test func aCopyOfACommittedFileGetsItsName() async throws {
        let crash = try await Crash("d/a")
        try replaceByCopy(crash.spoolFile)
        let (state, path, summary) = try await crash.recover()
        #expect(state == .published)
        #expect(path == "d/a")
        #expect(summary.published == 1)
        #expect(try crash.bucket.options.bucket.entries() == ["d"])
        #expect(try crash.bucket.path("d/a").read() == "new")
    }

    @Test func aCopyOfARemovedFileIsRemoved() async throws {
        let test = try TestBucket()
        let record = try await test.daemon.put("a", "text")
        #expect(try await test.ledger.beginDeletion(of: record.id) != nil)
        let grave = test.spool.appending("\(record.upload).del")
        try test.path("a").move(to: grave)
        try replaceByCopy(grave)
        #expect(try await test.restart().summary.deleted == 1)
        #expect(try test.options.bucket.entries().isEmpty)
        #expect(try test.spool.entries().isEmpty)
        #expect(test.ledger.rows.map(\.state) == [.deleted])
    }

    @Test func aNamedFileThatAWatcherTookIsGone() async throws {
        let crash = try await Crash("a")
        try crash.spoolFile.move(to: crash.bucket.tree.path.appending("taken"))
        let (state, _, summary) = try await crash.recover()
        #expect(state == .gone)
        #expect(summary.gone == 1)
        #expect(try crash.bucket.options.bucket.entries().isEmpty)
    }

    @Test func aLinkedFileLosesItsSpoolName() async throws {
        let crash = try await Crash("a")
        let calls = LinuxFileCalls()
        try calls.link(crash.spoolFile, in: workingDirectory, to: crash.bucket.path("a"), in: workingDirectory)
        let (state, path, _) = try await crash.recover()
        #expect(state == .published)
        #expect(path == "a")
        #expect(try crash.bucket.path("a").status().links == 1)
    }

    @Test(arguments: [false, true])
    func aBegunRemovalIsFinished(_ isInSpool: Bool) async throws {
        let test = try TestBucket()
        let record = try await test.daemon.put("a", "text")
        #expect(try await test.ledger.beginDeletion(of: record.id) != nil)
        if isInSpool {
            try test.path("a").move(to: test.spool.appending("\(record.upload).del"))
        }
        let summary = try await test.restart().summary
        #expect(summary.deleted == 1)
        #expect(try test.options.bucket.entries().isEmpty)
        #expect(try test.spool.entries().isEmpty)
        #expect(test.ledger.rows.map(\.state) == [.deleted])
    }

    @Test func aFileOfOthersCaughtByARemovalIsGivenBack() async throws {
        let test = try TestBucket()
        let record = try await test.daemon.put("a", "text")
        #expect(try await test.ledger.beginDeletion(of: record.id) != nil)
        try test.path("a").remove()
        try test.spool.appending("\(record.upload).del").write("theirs")
        try await test.restart()
        #expect(try test.path("a").read() == "theirs")
        #expect(test.ledger.rows.map(\.state) == [.deleted])
    }

    @Test func whatNoRowKnowsIsSwept() async throws {
        let test = try TestBucket()
        try await test.daemon.put("kept", "text")
        _ = try await test.daemon.seal("sealed, never committed")
        try test.options.state.appending("tmp/output").write("half a thumbnail")
        let summary = try await test.restart().summary
        #expect(summary.swept == 2)
        #expect(try test.spool.entries().isEmpty)
        #expect(try test.options.state.appending("tmp").entries().isEmpty)
        #expect(try test.path("kept").read() == "text")
    }

    @Test(arguments: [false, true])
    func anUnknownCommitIsDecidedByTheRestart(_ isKept: Bool) async throws {
        let test = try TestBucket()
        test.plan.failNext(.recordPublication, .outcomeUnknown(kept: isKept))
        #expect(await refusal { try await test.daemon.put("a", "text") } == .outcomeUnknown)
        #expect(test.daemon.health.reason != nil)
        #expect(try test.spool.entries().count == 1)
        #expect(await refusal { try await test.daemon.put("b", "text") } == .unhealthy)
        try await test.restart()
        #expect(try test.options.bucket.entries() == (isKept ? ["a"] : []))
        #expect(try test.spool.entries().isEmpty)
    }

    @Test func recoveryCutOffAnywhereComesToTheSameEnd() async throws {
        var number = 1
        while true {
            let crash = try await Crash("d/a", replacing: false)
            let test = crash.bucket
            let plan = FaultPlan()
            test.daemon.unlock()
            let daemon = try TestBucket.Daemon(test.options, FaultyFileCalls(LinuxFileCalls(), plan), test.ledger)
            plan.startCounting()
            plan.fail(number, with: .ioError)
            _ = try? await Recovery(daemon.bucket, uploads: InMemoryFileLedger()).run()
            plan.stopCounting()
            if plan.calls.count < number { break }
            daemon.unlock()
            #expect(try await test.restart().daemon.get("d/a").text == "new", "call \(number)")
            #expect(try test.spool.entries().isEmpty)
            number += 1
        }
        #expect(number > 5)
    }

    /// A start on which the directories of the bucket are closed to the daemon.
    private func restartClosed(_ test: TestBucket) async throws -> RecoverySummary {
        test.daemon.unlock()
        let plan = FaultPlan()
        let daemon = try TestBucket.Daemon(test.options, FaultyFileCalls(LinuxFileCalls(), plan), test.ledger)
        defer { daemon.unlock() }
        plan.failAll(.openBeneath, with: .permissionDenied)
        return try await Recovery(daemon.bucket, uploads: InMemoryFileLedger()).run()
    }

    @Test func aRemovalInAClosedDirectoryWaitsForALaterStart() async throws {
        let test = try TestBucket()
        let record = try await test.daemon.put("d/a", "text")
        #expect(try await test.ledger.beginDeletion(of: record.id) != nil)
        let summary = try await restartClosed(test)
        #expect(summary.putOff == 1 && summary.deleted == 0)
        #expect(test.ledger.rows.map(\.state) == [.deleting])
        #expect(try test.path("d/a").read() == "text")
        #expect(try await test.restart().summary.deleted == 1)
        #expect(!test.path("d/a").exists)
    }

    @Test func aRemovalThatLeftAClosedDirectoryIsFinished() async throws {
        let test = try TestBucket()
        let record = try await test.daemon.put("d/a", "text")
        #expect(try await test.ledger.beginDeletion(of: record.id) != nil)
        try test.path("d/a").move(to: test.spool.appending("\(record.upload).del"))
        #expect(try await restartClosed(test).deleted == 1)
        #expect(test.ledger.rows.map(\.state) == [.deleted])
        #expect(try test.spool.entries().isEmpty)
    }

    @Test(arguments: [false, true])
    func aPublicationInAClosedDirectoryIsGivenUp(isNamed: Bool) async throws {
        let crash = try await Crash("d/a")
        if isNamed {
            try crash.bucket.path("d").makeDirectory()
            try crash.spoolFile.move(to: crash.bucket.path("d/a"))
        }
        let summary = try await restartClosed(crash.bucket)
        #expect(summary.withdrawn == (isNamed ? 0 : 1) && summary.gone == (isNamed ? 1 : 0))
        #expect(try crash.bucket.spool.entries().isEmpty)
    }
}
