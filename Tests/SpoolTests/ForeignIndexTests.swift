import Glibc
import Ingest
import IngestTesting
import Spool
import SystemPackage
import Testing

@Suite(.timeLimit(.minutes(1))) struct ForeignIndexTests {
    @Test(arguments: [1, 2, 3, 1000])
    func foreignFilesAreIndexedAndOursAreNot(_ batch: Int) async throws {
        let test = try TestBucket()
        for name in ["a", "d/ours", "z"] {
            try await test.daemon.put(name, "ours")
        }
        for name in ["b", "d/theirs", "d.txt", "d0", ".hidden", "changed later"] {
            try test.path(name).write("theirs")
        }
        try test.path("dangling").link(to: "nowhere")
        try test.path("linked").link(to: "b")
        try #require(test.path("fifo").withPlatformString { mkfifo($0, 0o600) } == 0)
        let index = ForeignIndex(test.bucket, batch: batch)
        try await index.scan()
        #expect(try await indexed(test) == ["b", "changed later", "d.txt", "d/theirs", "d0"])
        try test.path("b").remove()
        try test.path("y").write("new")
        try await index.scan()
        #expect(try await indexed(test) == ["changed later", "d.txt", "d/theirs", "d0", "y"])
        let foreign = try #require(try await test.ledger.foreignFiles(prefix: "y", after: nil, limit: 1).first)
        #expect(foreign.size == 3)
    }

    @Test(arguments: [1, 1000])
    func rowsWhoseFilesAreGoneAreSettled(_ batch: Int) async throws {
        let test = try TestBucket()
        for name in ["a", "b", "c", "d"] {
            try await test.daemon.put(name, "ours")
        }
        #expect(test.ledger.rows.allSatisfy { $0.state == .published })
        try test.path("b").remove()
        try test.path("d").remove()
        try test.path("c").remove()
        try test.path("c").write("theirs now")
        try await ForeignIndex(test.bucket, batch: batch).scan()
        #expect(test.ledger.rows.map(\.state) == [.published, .gone, .gone, .gone])
        #expect(try await indexed(test) == ["c"])
    }

    @Test func whatTheIndexHasAlreadyIsNotLookedAtAgain() async throws {
        let test = try TestBucket()
        try await test.daemon.put("ours", "ours")
        #expect(test.ledger.rows.map(\.state) == [.published])
        for name in ["a", "b", "c"] {
            try test.path(name).write("theirs")
        }
        let index = ForeignIndex(test.bucket)
        try await index.scan()
        test.plan.startCounting()
        try await index.scan()
        // Our own file may be another by now: its name alone says nothing.
        #expect(test.plan.calls.count { $0 == .statusOfName } == 1)
        #expect(!test.plan.steps.contains(.handedIn(.replaceForeignFiles)))
        #expect(try await indexed(test) == ["a", "b", "c"])
    }

    /// Their rows come after the scan read its page of rows, and one is not confirmed before its end.
    @Test func filesPublishedMeanwhileAreNotForeign() async throws {
        let test = try TestBucket()
        try test.path("d").makeDirectory()
        for name in ["a", "d/m", "z"] {
            try test.path(name).write("theirs")
        }
        test.plan.hold(.statusOfName)
        let scan = Task { try await ForeignIndex(test.bucket, batch: 1).scan() }
        // At `a`: the names of `d` are read later.
        await test.plan.waitUntilHeld()
        test.daemon.unlock()
        let plan = FaultPlan()
        let other = try TestBucket.Daemon(test.options, FaultyFileCalls(LinuxFileCalls(), plan), test.ledger)
        for name in ["d/b", "d/n"] {
            try await other.put(name, "ours")
        }
        plan.hold(.renameExclusively)
        let unconfirmed = Task { try await other.put("d/o", "ours") }
        await plan.waitUntilHeld()
        // The sync that comes after its name.
        plan.hold(.syncDirectory)
        plan.release(.renameExclusively)
        while !test.path("d/o").exists {
            try Task.checkCancellation()
            await Task.yield()
        }
        test.plan.release(.statusOfName)
        try await scan.value
        #expect(try await indexed(test) == ["a", "d/m", "z"])
        plan.release(.syncDirectory)
        _ = try await unconfirmed.value
    }

    @Test func aCancelledScanEndsAndLeavesTheIndex() async throws {
        let test = try TestBucket()
        try test.path("a").write("theirs")
        test.plan.startCounting()
        test.plan.hold(.entries)
        let scan = Task { try await ForeignIndex(test.bucket).scan() }
        await test.plan.waitUntilHeld()
        scan.cancel()
        test.plan.release(.entries)
        await #expect(throws: CancellationError.self) { try await scan.value }
        #expect(try await indexed(test).isEmpty)
        #expect(!test.plan.steps.contains(.handedIn(.replaceForeignFiles)))
    }

    @Test func aStateDirectoryInTheBucketIsNotIndexed() async throws {
        let tree = try TemporaryDirectory()
        let test = try TestBucket { $0.state = $0.bucket.appending("state") }
        try test.options.state.appending("thumbnails/x").write("ours")
        try await ForeignIndex(test.bucket).scan()
        #expect(try await indexed(test).isEmpty)
        withExtendedLifetime(tree) {}
    }

    private func indexed(_ test: TestBucket) async throws -> [String] {
        try await test.ledger.foreignFiles(prefix: "", after: nil, limit: 100).map(\.path.description)
    }
}
