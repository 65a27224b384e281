import Glibc
import SystemPackage
import Testing
import ThumbnailWire

extension BuiltHelperTests {
    @Suite struct ProtocolTests {
        private static func request(_ id: UInt64, _ limits: DecodeLimits = DecodeLimits()) -> [UInt8] {
            ThumbnailRequest(id: id, format: .webp, quality: 75, boxes: [64], limits: limits).encoded()
        }

        private static func output(_ scratch: Scratch) throws -> FileDescriptor {
            try .open(
                scratch.directory.appending("out"),
                .readWrite,
                options: [.create, .truncate],
                permissions: .ownerReadWrite
            )
        }

        @Test(.timeLimit(.minutes(1)))
        func afterADeadlineTheNextRequestIsServed() async throws {
            let scratch = try Scratch()
            let slow = try FileDescriptor.open(
                try await scratch.encodeNoise(4000, 3000, as: "slow.jpg[interlace,Q=95]"),
                .readOnly
            )
            let quick = try FileDescriptor.open(try await scratch.encode(.marked(), as: "quick.jpg"), .readOnly)
            let output = try Self.output(scratch)
            let helper = try await RawHelper.start()
            helper.send(Self.request(1, DecodeLimits(milliseconds: 20)), [slow, output])
            #expect(
                try ThumbnailReply(decoding: try await helper.receive()) == ThumbnailReply(id: 1, status: .timedOut)
            )
            #expect(ProcessTree.children(of: helper.pid).isEmpty)
            helper.send(Self.request(2), [quick, output])
            let reply = try ThumbnailReply(decoding: try await helper.receive())
            #expect(reply.id == 2)
            #expect(reply.status == .ok)
            for descriptor in [slow, quick, output] {
                try descriptor.close()
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func aCancellationThatComesTooLateIsIgnored() async throws {
            let scratch = try Scratch()
            let source = try FileDescriptor.open(try await scratch.encode(.marked(), as: "a.jpg"), .readOnly)
            let output = try Self.output(scratch)
            let helper = try await RawHelper.start()
            helper.send(ThumbnailCancellation(id: 1).encoded())
            helper.send(Self.request(2), [source, output])
            #expect(try ThumbnailReply(decoding: try await helper.receive()).status == .ok)
            try source.close()
            try output.close()
        }

        @Test(.timeLimit(.minutes(1)))
        func anotherRequestsCancellationEndsNothing() async throws {
            let scratch = try Scratch()
            let source = try FileDescriptor.open(
                try await scratch.encodeNoise(1500, 1000, as: "a.jpg[interlace]"),
                .readOnly
            )
            let output = try Self.output(scratch)
            let helper = try await RawHelper.start()
            helper.send(Self.request(2), [source, output])
            helper.send(ThumbnailCancellation(id: 1).encoded())
            #expect(try ThumbnailReply(decoding: try await helper.receive()).status == .ok)
            try source.close()
            try output.close()
        }

        @Test(.timeLimit(.minutes(1)))
        func theEndOfTheSocketEndsHelperAndDecoder() async throws {
            let scratch = try Scratch()
            let source = try FileDescriptor.open(
                try await scratch.encodeNoise(4000, 3000, as: "slow.jpg[interlace,Q=95]"),
                .readOnly
            )
            let output = try Self.output(scratch)
            let helper = try await RawHelper.start()
            helper.send(Self.request(1), [source, output])
            let child = await ProcessTree.firstChild(of: helper.pid)
            shutdown(helper.control.rawValue, CInt(SHUT_RDWR))
            #expect(await helper.exitStatus() == 0)
            while ProcessTree.exists(child) {
                await Task.yield()
            }
            try source.close()
            try output.close()
        }

        @Test(
            .timeLimit(.minutes(1)),
            arguments: [[], [1], [1, 2], [9, 9, 9], request(1), [UInt8](repeating: 1, count: 1500)]
        )
        func aMessageThatIsNoneEndsTheHelper(message: [UInt8]) async throws {
            let helper = try await RawHelper.start()
            if message.isEmpty {
                shutdown(helper.control.rawValue, CInt(SHUT_WR))
                #expect(await helper.exitStatus() == 0)
            } else {
                helper.send(message)  // a request without its descriptors among them
                #expect(await helper.exitStatus() == EX_PROTOCOL)
            }
        }
    }
}
