import Digests
import Glibc
import Ingest
import IngestTesting
import Spool
import SystemPackage
import Testing

/// Writers of uploads that outlive their requests.
@Suite(.timeLimit(.minutes(1))) struct ResumedWriterTests {
    private let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }

    private func digest(of bytes: ArraySlice<UInt8>) -> String {
        var digest = StreamingDigest(.sha256)
        digest.update(bytes)
        return digest.finalize().hex
    }

    private func resume(_ test: TestBucket, _ id: UploadID, at offset: Int64) async throws -> any ResumableWriting {
        try await test.daemon.spool.resume(id, at: offset, digests: [])
    }

    @Test(arguments: [0, 1, 50_000, 99_999, 100_000])
    func whatAnotherWriterWroteIsHashedToo(_ cut: Int) async throws {
        let test = try TestBucket()
        let id = UploadID.random()
        let first = try await resume(test, id, at: 0)
        try await first.append(bytes[..<cut])
        #expect(try await first.secure() == Int64(cut))
        await first.rest()
        let second = try await resume(test, id, at: Int64(cut))
        try await second.append(bytes[cut...])
        let sealed = try await second.seal()
        #expect(sealed.digest.hexadecimal == digest(of: bytes[...]))
        #expect(sealed.identity.size == 100_000)
        await second.discard()
        #expect(try test.spool.entries().isEmpty)
    }

    @Test func whatIsNotSecuredIsCutOff() async throws {
        let test = try TestBucket()
        let id = UploadID.random()
        let first = try await resume(test, id, at: 0)
        try await first.append(bytes[..<10])
        _ = try await first.secure()
        try await first.append(bytes[50..<70])
        await first.rest()
        let second = try await resume(test, id, at: 10)
        try await second.append(bytes[10..<30])
        #expect(try await second.seal().digest.hexadecimal == digest(of: bytes[..<30]))
    }

    @Test func whatIsRolledBackIsNeitherWrittenNorHashed() async throws {
        let test = try TestBucket()
        let writer = try await resume(test, .random(), at: 0)
        try await writer.append(bytes[..<10])
        _ = try await writer.secure()
        for _ in 0..<2 {
            try await writer.append(bytes[500..<700])
            #expect(try await writer.rollBack() == 10)
        }
        try await writer.append(bytes[10..<20])
        let sealed = try await writer.seal()
        #expect(sealed.identity.size == 20)
        #expect(sealed.digest.hexadecimal == digest(of: bytes[..<20]))
    }

    @Test func aWriterThatRestedGoesOn() async throws {
        let test = try TestBucket()
        let writer = try await resume(test, .random(), at: 0)
        for start in stride(from: 0, to: 1000, by: 100) {
            try await writer.append(bytes[start..<(start + 100)])
            #expect(try await writer.secure() == Int64(start + 100))
            await writer.rest()
            await writer.rest()
        }
        #expect(try await writer.seal().digest.hexadecimal == digest(of: bytes[..<1000]))
    }

    @Test func aRestingWriterHoldsNoDescriptor() async throws {
        let test = try TestBucket()
        let before = test.plan.openDescriptors
        let writer = try await resume(test, .random(), at: 0)
        try await writer.append([1])
        _ = try await writer.secure()
        #expect(test.plan.openDescriptors == before + 1)
        await writer.rest()
        #expect(test.plan.openDescriptors == before)
    }

    @Test func bytesThatAreNotThereCannotBeResumed() async throws {
        let test = try TestBucket()
        let id = UploadID.random()
        let first = try await resume(test, id, at: 0)
        try await first.append(bytes[..<10])
        _ = try await first.secure()
        let second = try await resume(test, id, at: 11)
        #expect(await refusal { try await second.append([1]) } == .notFound)
    }

    @Test(arguments: [FileCall.write, .syncData])
    func whatWasSecuredOutlivesAFailure(_ call: FileCall) async throws {
        let test = try TestBucket()
        let id = UploadID.random()
        let first = try await resume(test, id, at: 0)
        try await first.append(bytes[..<10])
        _ = try await first.secure()
        test.plan.failAll(call, with: .noSpace)
        let code = await refusal {
            try await first.append(bytes[10..<20])
            _ = try await first.secure()
        }
        #expect(code == .noSpace)
        #expect(await refusal { try await first.append([1]) } == .noSpace)
        await first.rest()
        test.plan.failAll(call, with: nil)
        let second = try await resume(test, id, at: 10)
        try await second.append(bytes[10..<30])
        #expect(try await second.seal().digest.hexadecimal == digest(of: bytes[..<30]))
    }

    @Test func aFailedSyncEndsAllWriting() async throws {
        let test = try TestBucket()
        let writer = try await resume(test, .random(), at: 0)
        try await writer.append([1])
        test.plan.failAll(.syncData, with: .ioError)
        #expect(await refusal { _ = try await writer.secure() } == .storageFailed)
        #expect(test.daemon.health.reason != nil)
    }

    /// Bytes that are told to be safe must still have a name after a power cut.
    @Test func theSpoolIsSyncedWithTheFirstBytes() async throws {
        let test = try TestBucket()
        let writer = try await resume(test, .random(), at: 0)
        test.plan.startCounting()
        for byte: UInt8 in 0..<2 {
            try await writer.append([byte])
            _ = try await writer.secure()
        }
        #expect(test.plan.calls.filter { $0 == .syncData }.count == 2)
        #expect(test.plan.calls.filter { $0 == .syncDirectory }.count == 1)
    }

    @Test func anUploadWithoutAWriterIsRemoved() async throws {
        let test = try TestBucket()
        let id = UploadID.random()
        let writer = try await resume(test, id, at: 0)
        try await writer.append([1])
        await writer.rest()
        await test.daemon.spool.remove(id)
        await test.daemon.spool.remove(id)
        #expect(try test.spool.entries().isEmpty)
    }
}
