import Ingest
import IngestTesting
import Spool
import SystemPackage
import Testing

/// The sequence of system calls that a power cut must find, whatever it cuts.
@Suite(.timeLimit(.minutes(1))) struct OrderOfWritesTests {
    private static let sealing: [FileCall] = [
        .create, .write, .write, .setMode, .status, .setAttribute, .setModificationTime, .syncData, .open, .close,
        .status,
    ]

    @Test func aNewFile() async throws {
        let test = try TestBucket()
        test.plan.startCounting()
        try await test.daemon.put("a", "text")
        let publishing: [FileCall] = [.statusOfName, .syncDirectory, .renameExclusively, .syncDirectory]
        #expect(test.plan.calls == Self.sealing + publishing)
    }

    @Test func theCommitIsBetweenTheSpoolsSyncAndTheName() async throws {
        let test = try TestBucket()
        test.plan.startCounting()
        test.plan.failNext(.recordPublication, .outcomeUnknown(kept: true))
        #expect(await refusal { try await test.daemon.put("a", "text") } == .outcomeUnknown)
        #expect(test.plan.calls == Self.sealing + [.statusOfName, .syncDirectory])
    }

    @Test func newDirectoriesAndTheirParentsAreSynced() async throws {
        let test = try TestBucket()
        test.plan.startCounting()
        try await test.daemon.put("x/y/a", "text")
        let calls = test.plan.calls
        let rename = try #require(calls.firstIndex(of: .renameExclusively))
        // x/y for the file, x for y, the bucket for x.
        #expect(calls[rename...].filter { $0 == .syncDirectory }.count == 3)
        test.plan.startCounting()
        try await test.daemon.put("x/y/b", "text")
        #expect(test.plan.calls.filter { $0 == .syncDirectory }.count == 2)
    }

    @Test func aRemoval() async throws {
        let test = try TestBucket()
        try await test.daemon.put("a", "text")
        test.plan.startCounting()
        _ = try await test.bucket.remove(bucketPath("a"), if: .none)
        let expected: [FileCall] = [.statusOfName, .rename, .statusOfName, .syncDirectory, .unlink]
        #expect(test.plan.calls.filter { $0 != .close } == expected)
    }
}
