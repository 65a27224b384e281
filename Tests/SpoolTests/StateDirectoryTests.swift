import Glibc
import Ingest
import IngestTesting
import Logging
import Spool
import SystemPackage
import Testing

@Suite(.timeLimit(.minutes(1))) struct StateDirectoryTests {
    @Test func aSecondDaemonOnTheBucketIsRefused() throws {
        let test = try TestBucket()
        var other = test.options
        other.state = test.tree.path.appending("other")
        #expect(startRefusal { try open(other) } == .inUse)
        try withExtendedLifetime(test) {
            test.daemon.unlock()
            _ = try open(other)
        }
    }

    @Test func aSecondDaemonOnTheStateIsRefused() throws {
        let test = try TestBucket()
        var other = test.options
        other.bucket = test.tree.path.appending("other")
        try other.bucket.makeDirectory()
        #expect(startRefusal { try open(other) } == .inUse)
        withExtendedLifetime(test) {}
    }

    @Test func aRefusedStartLeavesNoLock() throws {
        let test = try TestBucket()
        test.daemon.unlock()
        let plan = FaultPlan()
        plan.failAll(.syncDirectory, with: .ioError)
        #expect(startRefusal { try open(test.options, plan) } == .unusable)
        plan.failAll(.syncDirectory, with: nil)
        _ = try open(test.options, plan)
        #expect(try test.options.bucket.entries().isEmpty)
    }

    @Test func theBucketMustBeARealDirectory() throws {
        let tree = try TemporaryDirectory()
        let bucket = tree.path.appending("bucket")
        let options = SpoolOptions(bucket: bucket, state: tree.path.appending("state"))
        #expect(startRefusal { try open(options) } == .unusable)
        try bucket.link(to: "/tmp")
        #expect(startRefusal { try open(options) } == .unusable)
        try bucket.remove()
        try bucket.write("a file")
        #expect(startRefusal { try open(options) } == .unusable)
    }

    @Test(.requires(.root))
    func stateOnAnotherMountIsRefused() throws {
        let test = try TestBucket()
        test.daemon.unlock()
        var options = test.options
        options.state = test.tree.path.appending("mounted")
        try options.state.makeDirectory()
        try #require(mount("none", options.state.string, "tmpfs", 0, "size=1m") == 0)
        defer { umount2(options.state.string, Int32(MNT_DETACH)) }
        #expect(startRefusal { try open(options) } == .differentMounts)
    }

    @Test func aBindMountOfTheSameFilesystemIsRefused() throws {
        let plan = FaultPlan()
        plan.failAll(.renameExclusively, with: .improperLink)
        let tree = try TemporaryDirectory()
        let options = SpoolOptions(bucket: tree.path.appending("bucket"), state: tree.path.appending("state"))
        try options.bucket.makeDirectory()
        #expect(startRefusal { try open(options, plan) } == .differentMounts)
        #expect(try options.state.appending("spool").entries().isEmpty)
    }

    @Test func whatAFilesystemLacksIsAWarningOnly() throws {
        let plan = FaultPlan()
        plan.failAll(.setAttribute, with: .notSupported)
        plan.failAll(.setGroup, with: .notPermitted)
        let tree = try TemporaryDirectory()
        var options = SpoolOptions(bucket: tree.path.appending("bucket"), state: tree.path.appending("state"))
        try options.bucket.makeDirectory()
        let state = try open(options, plan)
        #expect(!state.keepsAttributes)
        #expect(state.group == nil)
        #expect(try options.state.status().mode == 0o040700)
        options.group = 12_345
        flock(state.bucket.rawValue, LOCK_UN)
        flock(state.state.rawValue, LOCK_UN)
        #expect(startRefusal { try open(options, plan) } == .unusable)
    }

    @Test func aProbeLeftByACrashIsRemovedAndAFileOfOthersIsNot() throws {
        let test = try TestBucket()
        test.daemon.unlock()
        try test.path(".bucketd-probe").write("")
        test.daemon.unlock()
        let state = try open(test.options)
        flock(state.bucket.rawValue, LOCK_UN)
        flock(state.state.rawValue, LOCK_UN)
        #expect(try test.options.bucket.entries().isEmpty)
        try test.path(".bucketd-probe").write("theirs")
        #expect(startRefusal { try open(test.options) } == .unusable)
        #expect(try test.path(".bucketd-probe").read() == "theirs")
    }

    @Test func sshfsIsKnownByItsMount() {
        let mounts = """
            22 1 0:21 / /proc rw,relatime shared:5 - proc proc rw
            90 1 0:57 / /mnt/far rw,nosuid shared:9 master:1 - fuse.sshfs host:/ rw,user_id=0
            91 1 0:58 / /mnt/near rw - fuse.other x rw
            """
        #expect(NetworkFilesystem.mountType(device: 57, in: mounts) == "fuse.sshfs")
        #expect(NetworkFilesystem.mountType(device: 58, in: mounts) == "fuse.other")
        #expect(NetworkFilesystem.mountType(device: 1 << 32 | 57, in: mounts) == nil)
    }

    @discardableResult
    private func open(
        _ options: SpoolOptions,
        _ plan: FaultPlan = FaultPlan()
    ) throws(StateDirectoryError) -> StateDirectory {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        return try StateDirectory(options, calls: FaultyFileCalls(LinuxFileCalls(), plan), logger: logger)
    }

    private func startRefusal(_ body: () throws -> Void) -> StateDirectoryError.Code? {
        do {
            try body()
            return nil
        } catch {
            return (error as? StateDirectoryError)?.code
        }
    }
}
