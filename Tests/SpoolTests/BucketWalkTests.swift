import Ingest
import IngestTesting
import SystemPackage
import Testing
import Threading

@testable import Spool

@Suite(.timeLimit(.minutes(1))) struct BucketWalkTests {
    private let tree: TemporaryDirectory
    private let names = ["a", "b/1", "b/2", "b/c/3", "b/c/d/4", "b.txt", "b0", "e/5", "f", "g", "h"]

    init() throws {
        tree = try TemporaryDirectory()
        for directory in ["b", "b/c", "b/c/d", "e", "empty", ".hidden"] {
            try tree.path.pushing(FilePath(directory)).makeDirectory()
        }
        for name in names + [".hidden/x", "b/.y"] {
            try tree.path.pushing(FilePath(name)).write("text")
        }
        try tree.path.appending("link").link(to: "b")
    }

    private func walk(
        _ calls: any FileCalls,
        _ cancellation: WalkCancellation = WalkCancellation(),
        window: Int = 1 << 20,
        stride: Int = 256
    ) throws -> BucketWalk {
        let root = try DirectoryHandle(
            owning: calls.open(tree.path, in: workingDirectory, .directory),
            calls
        )
        let options = BucketWalk.Options(window: window, windowFloor: min(window, 64 << 10), stride: stride)
        return BucketWalk(root, excluding: [], calls, cancellation, options)
    }

    /// The plain calls do not tell what an entry is, as some filesystems do not.
    @Test(arguments: [(1, 1), (2, 20), (2, 40), (100, 1), (3, 1 << 20), (100, 1 << 20)], [true, false])
    func filesComeInTheOrderOfTheirPaths(sizes: (batch: Int, window: Int), tellsTypes: Bool) throws {
        let calls: any FileCalls = tellsTypes ? LinuxFileCalls() : PlainFileCalls()
        let (batch, window) = sizes
        var walk = try walk(calls, window: window)
        var found: [BucketPath] = []
        while true {
            let next = try walk.next(batch)
            found += next
            if next.count < batch { break }
        }
        #expect(found == found.sorted())
        #expect(found.map(\.description).sorted() == names.sorted())
    }

    @Test func entriesThatTheDirectoryTellsOfAreNotLookedAt() throws {
        let plan = FaultPlan()
        plan.startCounting()
        var walk = try walk(FaultyFileCalls(LinuxFileCalls(), plan))
        #expect(try walk.next(100).count == names.count)
        #expect(!plan.calls.contains(.statusOfName))
    }

    @Test func aDirectoryThatVanishesBetweenItsWindowsEnds() throws {
        let plan = FaultPlan()
        var walk = try walk(FaultyFileCalls(LinuxFileCalls(), plan), window: 1)
        #expect(try walk.next(4).map(\.description) == ["a", "b.txt", "b/1", "b/2"])
        plan.failAll(.entries, with: .noSuchFileOrDirectory)
        #expect(throws: Errno.noSuchFileOrDirectory) { try walk.next(100) }
    }

    @Test func aCancelledWalkEndsInTheMidstOfADirectory() throws {
        for number in 0..<300 {
            try tree.path.pushing(FilePath("e/more \(number)")).write("")
        }
        let cancellation = WalkCancellation()
        let looks = Locked(0)
        let calls = PlainFileCalls { name throws(Errno) in
            guard name == "status" else { return }
            let count = looks.withLock { looks in
                looks += 1
                return looks
            }
            if count == 100 { cancellation.cancel() }
        }
        var walk = try walk(calls, cancellation, stride: 10)
        #expect(throws: Errno.canceled) { try walk.next(1000) }
        #expect(looks.withLock { $0 } <= 120)
    }
}
