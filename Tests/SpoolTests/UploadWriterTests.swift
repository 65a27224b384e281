import Digests
import Glibc
import Ingest
import IngestTesting
import Spool
import SystemPackage
import Testing

@Suite(.timeLimit(.minutes(1))) struct UploadWriterTests {
    /// FIPS 180-4 examples, and a million times `a`.
    @Test(arguments: [
        ("", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ("a", 1_000_000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
    ])
    func theDigestIsThatOfAllBytes(_ piece: String, _ times: Int, _ digest: String) async throws {
        let test = try TestBucket()
        let writer = try test.daemon.spool.create(.random(), expectedLength: nil)
        let all = Array(repeatElement(Array(piece.utf8), count: times).joined())
        var rest = all[...]
        while !rest.isEmpty {
            let part = rest.prefix(rest.count / 3 + 1)
            try await writer.append(part)
            rest = rest.dropFirst(part.count)
        }
        let upload = try await writer.seal()
        #expect(upload.digest.hexadecimal == digest)
        #expect(upload.identity.size == Int64(all.count))
        await writer.discard()
        await writer.discard()
        #expect(try test.spool.entries().isEmpty)
    }

    @Test func furtherDigestsAreComputedWhereTheyAreAsked() async throws {
        let test = try TestBucket()
        let asked: Set<DigestAlgorithm> = [.sha256, .md5, .crc32c]
        let writer = try test.daemon.spool.create(.random(), expectedLength: nil, digests: asked)
        try await writer.append(Array("1234".utf8)[...])
        try await writer.append(Array("56789".utf8)[...])
        let upload = try await writer.seal()
        #expect(upload.digests.mapValues(\.hex) == [.md5: "25f9e794323b453885f5181f1b624d0b", .crc32c: "e3069283"])
        #expect(upload.knownDigests[.sha256]?.hex == upload.digest.hexadecimal)
        await writer.discard()
    }

    @Test func whatIsNotWrittenIsHashedToo() async throws {
        let test = try TestBucket()
        let hasher = test.daemon.spool.hasher([.md5, .crc32])
        await hasher.update(Array("1234".utf8)[...])
        await hasher.update(Array("56789".utf8)[...])
        let digests = await hasher.finalize()
        #expect(digests.mapValues(\.hex) == [.md5: "25f9e794323b453885f5181f1b624d0b", .crc32: "cbf43926"])
        #expect(try test.spool.entries().isEmpty)
    }

    @Test func anIdleUploadHasNoFile() async throws {
        let test = try TestBucket()
        let writer = try test.daemon.spool.create(.random(), expectedLength: 100)
        #expect(try test.spool.entries().isEmpty)
        try await writer.append([1])
        #expect(try test.spool.entries().count == 1)
        await writer.discard()
        #expect(try test.spool.entries().isEmpty)
        #expect(await refusal { try await writer.append([1]) } == .truncated)
    }

    @Test(arguments: [FileCall.create, .write, .reserve, .syncData, .setMode, .setAttribute, .close])
    func aFailureGivesTheSpaceBackAtOnce(_ call: FileCall) async throws {
        let test = try TestBucket { $0.reservedLength = 1 }
        test.plan.failAll(call, with: .noSpace)
        let code = await refusal { try await test.daemon.seal("some bytes", expectedLength: 10) }
        #expect(code == .noSpace)
        #expect(try test.spool.entries().isEmpty)
        test.plan.failAll(call, with: nil)
        try await test.daemon.put("next", "works")
    }

    @Test(arguments: [
        (Errno.noSpace, IngestError.Code.noSpace), (.diskQuotaExceeded, .noSpace), (.tooManyOpenFiles, .outOfResources),
        (.tooManyOpenFilesInSystem, .outOfResources), (.noMemory, .outOfResources), (.fileTooLarge, .tooLarge),
        (.ioError, .storageFailed), (.readOnlyFileSystem, .storageFailed),
    ])
    func theCauseDecidesTheAnswer(_ error: Errno, _ code: IngestError.Code) async throws {
        let test = try TestBucket()
        test.plan.failAll(.write, with: error)
        #expect(await refusal { try await test.daemon.put("a", "text") } == code)
        #expect(try test.spool.entries().isEmpty)
        #expect(test.daemon.health.reason == nil)
    }

    @Test func aFailedSyncIsNotTriedAgain() async throws {
        let test = try TestBucket()
        test.plan.startCounting()
        test.plan.failAll(.syncData, with: .ioError)
        let writer = try test.daemon.spool.create(.random(), expectedLength: nil)
        try await writer.append([1, 2, 3])
        #expect(await refusal { try await writer.seal() } == .storageFailed)
        test.plan.failAll(.syncData, with: nil)
        #expect(await refusal { try await writer.seal() } == .storageFailed)
        #expect(test.plan.calls.filter { $0 == .syncData }.count == 1)
        #expect(try test.spool.entries().isEmpty)
        #expect(await refusal { try await test.daemon.put("next", "text") } == .unhealthy)
    }

    @Test func largeUploadsReserveSpaceAndStartWriteback() async throws {
        let test = try TestBucket { options in
            options.reservedLength = 1000
            options.writebackInterval = 1000
        }
        test.plan.startCounting()
        _ = try await test.daemon.seal(String(repeating: "x", count: 2500), expectedLength: 2500)
        #expect(test.plan.calls.filter { $0 == .reserve }.count == 1)
        #expect(test.plan.calls.filter { $0 == .startWriteback }.count == 1)
        test.plan.startCounting()
        _ = try await test.daemon.seal("small", expectedLength: 5)
        #expect(!test.plan.calls.contains(.reserve))
        #expect(!test.plan.calls.contains(.startWriteback))
    }

    @Test func relaxedSkipsEverySyncAndNothingElse() async throws {
        let test = try TestBucket { $0.durability = .relaxed }
        test.plan.startCounting()
        try await test.daemon.put("d/a", "x")
        #expect(!test.plan.calls.contains(.syncData))
        #expect(!test.plan.calls.contains(.syncDirectory))
        #expect(test.plan.calls.contains(.renameExclusively))
    }

    @Test func aSyncThatHangsBlocksNobodyElse() async throws {
        let test = try TestBucket()
        test.plan.hold(.syncData)
        let daemon = test.daemon
        // As many as there are sync threads: all of them hang, and the pool has fewer threads than that.
        let sealing = (0..<4).map { number in
            Task { try await daemon.seal("\(number)") }
        }
        await test.plan.waitUntilHeld(4)
        for _ in 0..<100 {
            let writer = try daemon.spool.create(.random(), expectedLength: nil)
            try await writer.append([1, 2, 3])
            await writer.discard()
        }
        _ = try await daemon.spool.space()
        test.plan.release(.syncData)
        for task in sealing {
            _ = try await task.value
        }
    }

    @Test func discardingWhileItIsSealedLeavesNothing() async throws {
        let test = try TestBucket()
        test.plan.hold(.syncData)
        let writer = try test.daemon.spool.create(.random(), expectedLength: nil)
        try await writer.append([1])
        let sealing = Task { try await writer.seal() }
        await test.plan.waitUntilHeld()
        await writer.discard()
        #expect(try test.spool.entries().isEmpty)
        test.plan.release(.syncData)
        await #expect(throws: IngestError.self) { try await sealing.value }
        #expect(try test.spool.entries().isEmpty)
    }

    @Test(.requires(.root))
    func aFullDiskAnswersNoSpaceAndIsEmptyAgain() async throws {
        let tree = try TemporaryDirectory()
        try #require(mount("none", tree.path.string, "tmpfs", 0, "size=1m") == 0)
        defer { umount2(tree.path.string, Int32(MNT_DETACH)) }
        let test = try TestBucket(in: tree.path)
        let free = try await test.daemon.spool.space().available
        let large = String(repeating: "x", count: 300_000)
        let writer = try test.daemon.spool.create(.random(), expectedLength: nil)
        let code = await refusal {
            for _ in 0..<8 {
                try await writer.append(Array(large.utf8)[...])
            }
        }
        #expect(code == .noSpace)
        #expect(try await test.daemon.spool.space().available == free)
        #expect(await refusal { try await test.daemon.seal("x", expectedLength: 1 << 30) } == .noSpace)
        try await test.daemon.put("small", "fits")
    }
}
