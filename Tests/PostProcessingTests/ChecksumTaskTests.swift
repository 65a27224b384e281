import Digests
import Ingest
import IngestTesting
import Jobs
import PostProcessing
import SystemPackage
import Testing
import Threading

@Suite(.timeLimit(.minutes(1))) struct ChecksumTaskTests {
    /// More than one piece, and not a whole number of them.
    private static let content = [UInt8](repeating: 0x5a, count: (2 << 20) + 4711)

    private func task(
        _ fixture: TaskFixture,
        digests: Set<DigestAlgorithm> = [],
        calls: PlainFileCalls? = nil
    ) -> ChecksumTask {
        ChecksumTask(concurrency: 1, digests: digests, calls: calls ?? fixture.calls, threads: fixture.threads)
    }

    private static func digests(_ algorithms: Set<DigestAlgorithm>) -> [DigestAlgorithm: Digest] {
        var digests = StreamingDigests(algorithms)
        digests.update(content[...])
        return digests.finalize()
    }

    @Test func furtherDigestsAreComputedInTheSameReading() async throws {
        let reads = Locked(0)
        let fixture = try await TaskFixture()
        let calls = PlainFileCalls { name throws(Errno) in reads.withLock { $0 += name == "read" ? 1 : 0 } }
        let record = try fixture.publish(Self.content)
        let wanted: Set<DigestAlgorithm> = [.md5, .sha1, .sha512, .crc32c]
        let task = task(fixture, digests: wanted, calls: calls)
        #expect(
            try await fixture.outcome(of: task, on: record)
                == .done(result: "verified", digests: Self.digests(wanted))
        )
        #expect(reads.withLock { $0 } == 4)
    }

    @Test func whatIsKnownIsNotComputedAgain() async throws {
        let fixture = try await TaskFixture()
        var record = try fixture.publish(Self.content)
        record.digests = Self.digests([.md5])
        let outcome = try await fixture.outcome(of: task(fixture, digests: [.md5, .sha1]), on: record)
        #expect(outcome == .done(result: "verified", digests: Self.digests([.sha1])))
    }

    /// They would be those of other bytes than were acknowledged.
    @Test func aFileThatIsNotAsItWasReceivedGetsNone() async throws {
        let fixture = try await TaskFixture()
        let changed = try fixture.publish([1, 2, 3])
        try fixture.directory.write([1, 2, 3, 4], to: "bucket/a")
        let task = task(fixture, digests: [.md5])
        #expect(try await fixture.outcome(of: task, on: changed) == .done(result: "changed outside"))
        let corrupt = try fixture.publish([1, 2, 4], as: "b", digest: try TaskFixture.digest([1]))
        guard case .corrupt? = try await fixture.outcome(of: task, on: corrupt) else {
            Issue.record("The file is corrupt.")
            return
        }
    }

    @Test(arguments: [0, 1, 1 << 20, (2 << 20) + 4711])
    func aFileThatIsAsItWasReceivedIsVerified(size: Int) async throws {
        let fixture = try await TaskFixture()
        let record = try fixture.publish(Array(Self.content.prefix(size)))
        #expect(try await fixture.outcome(of: task(fixture), on: record) == .done(result: "verified"))
    }

    @Test func anUntouchedFileWithOtherBytesIsCorrupt() async throws {
        let fixture = try await TaskFixture()
        let acknowledged = try TaskFixture.digest([1, 2, 3])
        let record = try fixture.publish([1, 2, 4], digest: acknowledged)
        let outcome = try await fixture.outcome(of: task(fixture), on: record)
        guard case .corrupt(let reason)? = outcome else {
            Issue.record("\(String(describing: outcome))")
            return
        }
        #expect(reason.contains(acknowledged.hexadecimal))
    }

    @Test func aFileChangedBeforeIsNotCalledCorrupt() async throws {
        let fixture = try await TaskFixture()
        let record = try fixture.publish([1, 2, 3])
        try fixture.directory.write([1, 2, 3, 4], to: "bucket/a")
        #expect(try await fixture.outcome(of: task(fixture), on: record) == .done(result: "changed outside"))
    }

    @Test func aFileChangedWhileItIsReadIsNotCalledCorrupt() async throws {
        let directory = Locked<TemporaryDirectory?>(nil)
        let fixture = try await TaskFixture(
            calls: PlainFileCalls { name throws(Errno) in
                guard name == "read", let directory = directory.withLock({ $0.take() }) else { return }
                do { try directory.write([9, 9, 9, 9], to: "bucket/a") } catch { throw .ioError }
            }
        )
        let record = try fixture.publish([1, 2, 3])
        directory.withLock { $0 = fixture.directory }
        #expect(try await fixture.outcome(of: task(fixture), on: record) == .done(result: "changed outside"))
    }

    @Test func aFileThatOthersTookIsVerifiedByItsDescriptor() async throws {
        let fixture = try await TaskFixture()
        let record = try fixture.publish(Self.content)
        let outcome = try await fixture.outcome(of: task(fixture), on: record) { _ in
            try PlainFileCalls().unlink(fixture.directory.file("bucket/a"), in: .workingDirectory)
        }
        #expect(outcome == .done(result: "verified"))
    }

    @Test func thePagesAreDroppedBeforeTheFileIsRead() async throws {
        let order = Locked<[String]>([])
        let fixture = try await TaskFixture()
        let calls = PlainFileCalls { name throws(Errno) in order.withLock { $0.append(name) } }
        let record = try fixture.publish(Self.content)
        _ = try await fixture.outcome(of: task(fixture, calls: calls), on: record)
        let names = order.withLock { $0 }
        let dropped = try #require(names.firstIndex(of: "dropCachedPages"))
        let read = try #require(names.firstIndex(of: "read"))
        #expect(dropped < read)
        #expect(names.count { $0 == "read" } == 4)
    }

    @Test func anAttributeThatDiffersIsReportedAndTheFileIsNot() async throws {
        let fixture = try await TaskFixture()
        let record = try fixture.publish([1, 2, 3])
        let outcome: TaskOutcome?
        do {
            outcome = try await fixture.outcome(of: task(fixture), on: record) { descriptor in
                try PlainFileCalls().setAttribute(ChecksumTask.attribute, of: descriptor, to: Array("00".utf8))
            }
        } catch Errno.notSupported {
            return
        }
        #expect(outcome == .done(result: "verified, but the checksum attribute differs"))
    }

    @Test func anAttributeThatAgreesIsVerified() async throws {
        let fixture = try await TaskFixture()
        let record = try fixture.publish([1, 2, 3])
        let outcome: TaskOutcome?
        do {
            outcome = try await fixture.outcome(of: task(fixture), on: record) { descriptor in
                let value = Array(record.digest.hexadecimal.utf8)
                try PlainFileCalls().setAttribute(ChecksumTask.attribute, of: descriptor, to: value)
            }
        } catch Errno.notSupported {
            return
        }
        #expect(outcome == .done(result: "verified"))
    }

    @Test func aDiskThatCannotBeReadIsTriedAgain() async throws {
        let fixture = try await TaskFixture()
        let calls = PlainFileCalls { name throws(Errno) in if name == "read" { throw .ioError } }
        let record = try fixture.publish([1, 2, 3])
        let task = task(fixture, calls: calls)
        await #expect(throws: TaskFailure(.transient, "The file could not be read: Input/output error.")) {
            _ = try await fixture.outcome(of: task, on: record)
        }
    }

    @Test func aCancelledReadingEndsBetweenPieces() async throws {
        let reads = Locked(0)
        let gate = AsyncSemaphore(permits: 0)
        let isCancelled = Locked(false)
        let fixture = try await TaskFixture()
        let calls = PlainFileCalls { name throws(Errno) in
            guard name == "read" else { return }
            reads.withLock { $0 += 1 }
            gate.signal()
            // On a blocking thread: holds the first piece until the task is cancelled.
            while !isCancelled.withLock({ $0 }) {}
        }
        let record = try fixture.publish(Self.content)
        let task = task(fixture, calls: calls)
        let running = Task { try await fixture.outcome(of: task, on: record) }
        try await gate.wait()
        running.cancel()
        isCancelled.withLock { $0 = true }
        await #expect(throws: CancellationError.self) { _ = try await running.value }
        #expect(reads.withLock { $0 } == 1)
    }
}
