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
