import Ingest
import IngestTesting
import SystemPackage
import Testing

@testable import Spool

/// A form that replaces files and fails must leave them as they were.
@Suite(.timeLimit(.minutes(1))) struct WithdrawnReplacementTests {
    /// A bucket with `a` and `b`, published.
    private func bucketOfTwo() async throws -> (test: TestBucket, old: [FileRecord]) {
        let test = try TestBucket()
        let old = [try await test.daemon.put("a", "old a"), try await test.daemon.put("b", "old b")]
        return (test, old)
    }

    private func replaceBoth(_ test: TestBucket) async throws {
        let files = try ["a", "b"].map { name in
            ("new \(name)", Destination(path: try bucketPath(name), collision: .replace))
        }
        try await test.daemon.publish(files)
    }

    /// Which step of `replaceBoth` renames onto `b`, counted from 1.
    private func secondRename() async throws -> Int {
        let (test, _) = try await bucketOfTwo()
        test.plan.startCounting()
        try await replaceBoth(test)
        let steps = test.plan.steps
        let renames = steps.indices.filter { steps[$0] == .call(.rename) }
        return try #require(renames.dropFirst().first) + 1
    }

    private func expectOld(_ test: TestBucket, _ old: [FileRecord], _ place: Comment? = nil) throws {
        for (record, text) in zip(old, ["old a", "old b"]) {
            let path = test.path(record.path.description)
            #expect(try path.read() == text, place)
            #expect(try path.status().identity == record.identity, place)
            #expect(try path.status().links == 1, place)
        }
        #expect(test.ledger.rows.prefix(2).map(\.state) == [.published, .published], place)
    }

    @Test(arguments: [Errno.noSpace, .ioError])
    func whatTheFirstReplacedComesBackWhenTheSecondFails(_ error: Errno) async throws {
        let number = try await secondRename()
        let (test, old) = try await bucketOfTwo()
        test.plan.startCounting()
        test.plan.fail(number, with: error)
        let code = await refusal { try await replaceBoth(test) }
        test.plan.stopCounting()
        #expect(code != nil && code != .outcomeUnknown)
        #expect(test.plan.steps[number - 1] == .call(.rename))
        try expectOld(test, old)
        #expect(test.ledger.rows.map(\.state) == [.published, .published, .withdrawn, .withdrawn])
        #expect(try test.spool.entries().isEmpty)
        #expect(test.daemon.health.reason == nil)
        #expect(old.allSatisfy { test.daemon.spool.held.holds($0.id) })
        try await replaceBoth(test)
        #expect(try test.path("a").read() == "new a")
    }

    @Test func nothingIsKeptOfWhatWasReplaced() async throws {
        let (test, old) = try await bucketOfTwo()
        test.plan.startCounting()
        try await replaceBoth(test)
        #expect(test.plan.calls.filter { $0 == .link }.count == 2)
        #expect(try test.path("a").read() == "new a")
        #expect(try test.path("b").read() == "new b")
        #expect(try test.spool.entries().isEmpty)
        #expect(test.ledger.rows.map(\.state) == [.superseded, .superseded, .published, .published])
        #expect(!old.contains { test.daemon.spool.held.holds($0.id) })
    }

    @Test func aReplacementReleasesTheHeldDescriptor() async throws {
        let test = try TestBucket()
        let old = try await test.daemon.put("a", "old")
        #expect(test.daemon.spool.held.holds(old.id))
        test.plan.startCounting()
        let new = try await test.daemon.put("a", "new", .replace)
        #expect(!test.daemon.spool.held.holds(old.id))
        #expect(test.daemon.spool.held.holds(new.id))
        // One file alone is never withdrawn after its rename: nothing is kept for that.
        #expect(!test.plan.calls.contains(.link))
    }

    @Test(arguments: [Errno.notPermitted, .notSupported, .tooManyLinks, .improperLink])
    func whereNothingCanBeLinkedFilesAreReplacedAllTheSame(_ error: Errno) async throws {
        let (test, _) = try await bucketOfTwo()
        test.plan.failAll(.link, with: error)
        try await replaceBoth(test)
        #expect(try test.path("a").read() == "new a")
        #expect(try test.spool.entries().isEmpty)
    }

    @Test func aKeptFileThatCannotBeRemovedIsSweptByTheNextStart() async throws {
        let (test, _) = try await bucketOfTwo()
        test.plan.failAll(.unlink, with: .ioError)
        try await replaceBoth(test)
        #expect(try test.spool.entries().count == 2)
        #expect(try test.spool.entries().allSatisfy { $0.hasSuffix(".old") })
        let summary = try await test.restart().summary
        #expect(summary.swept == 2)
        #expect(try test.spool.entries().isEmpty)
        #expect(try test.path("a").read() == "new a")
    }

    /// What happens to the first name while the form waits for a directory; its third name is taken then.
    private func refusedForm(_ meanwhile: (TestBucket) throws -> Void) async throws -> (
        test: TestBucket, old: FileRecord
    ) {
        let test = try TestBucket()
        let old = try await test.daemon.put("a", "old")
        let names: [(String, Collision)] = [("a", .replace), ("new/b", .reject), ("c", .reject)]
        let files = try names.map { name, collision in
            ("new", Destination(path: try bucketPath(name), collision: collision))
        }
        test.plan.hold(.makeDirectory)
        let form = Task { try await test.daemon.publish(files) }
        await test.plan.waitUntilHeld()
        #expect(try test.path("a").read() == "new")
        try test.path("c").write("theirs")
        try meanwhile(test)
        test.plan.release(.makeDirectory)
        #expect(await refusal { try await form.value } == .nameTaken)
        #expect(try test.spool.entries().isEmpty)
        #expect(try test.options.bucket.entries() == ["a", "c"])
        return (test, old)
    }

    @Test func aNameTakenByOthersUndoesAReplacement() async throws {
        let (test, old) = try await refusedForm { _ in }
        #expect(try test.path("a").read() == "old")
        #expect(try test.path("a").status().identity == old.identity)
        #expect(test.ledger.rows.map(\.state) == [.published, .withdrawn, .withdrawn, .withdrawn])
    }

    @Test func theOldFileComesBackAlthoughAWatcherTookTheNewOne() async throws {
        let (test, old) = try await refusedForm { test in
            try test.path("a").move(to: test.tree.path.appending("taken"))
        }
        #expect(try test.path("a").status().identity == old.identity)
        #expect(test.ledger.rows.map(\.state) == [.published, .withdrawn, .withdrawn, .withdrawn])
    }

    @Test func aNameThatOthersTookFromTheReplacementIsTheirs() async throws {
        let (test, _) = try await refusedForm { test in
            try test.path("a").move(to: test.tree.path.appending("taken"))
            try test.path("a").write("theirs")
        }
        #expect(try test.path("a").read() == "theirs")
        #expect(test.ledger.rows.map(\.state) == [.gone, .withdrawn, .withdrawn, .withdrawn])
    }

    @Test func aWithdrawalThatWasNotRecordedLeavesTheOldFilesTheirRows() async throws {
        let number = try await secondRename()
        let (test, old) = try await bucketOfTwo()
        test.plan.failNext(.withdrawPublication, .nothingChanged(IngestError(.noSpace, "full")), times: 2)
        test.plan.startCounting()
        test.plan.fail(number, with: .noSpace)
        #expect(await refusal { try await replaceBoth(test) } == .noSpace)
        test.plan.stopCounting()
        try expectOld(test, old)
        let summary = try await test.restart().summary
        #expect(summary.withdrawn == 2)
        try expectOld(test, old)
        #expect(test.ledger.rows.map(\.state) == [.published, .published, .withdrawn, .withdrawn])
    }
}
