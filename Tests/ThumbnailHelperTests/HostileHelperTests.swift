import CLinux
import Glibc
import SystemPackage
import Testing
import Threading
import ThumbnailWire

@testable import PostProcessing

extension BuiltHelperTests {
    /// The daemon's side against a helper that was taken over: the test plays it.
    @Suite struct HostileHelperTests {
        private static let threads = BlockingThreads(name: "hostile-helper", count: 1)
        private static let webp = Array("RIFF".utf8) + [4, 0, 0, 0] + Array("WEBP".utf8)
        private static let source = SourceImage(format: .jpeg, width: 10, height: 10, pages: 1)

        /// Runs a call whose helper wrote `output` and answers `reply` to it; nil is no answer at all.
        private static func call(
            output written: [UInt8] = webp,
            reply: @escaping @Sendable (_ id: UInt64) -> [UInt8]?
        ) async throws -> ThumbnailHelperCall.End {
            let scratch = try Scratch()
            let file = try FileDescriptor.open(
                try scratch.write(written, to: "output"),
                .readWrite
            )
            var ends: [CInt] = [-1, -1]
            var pid: pid_t = -1
            var environment: [UnsafeMutablePointer<CChar>?] = [nil]
            try #require(clinux_message_pair(&ends) == 0)
            // Someone to be killed: it waits for the end of its input.
            try #require(clinux_spawn_helper("/bin/cat", &environment, ends[1], &pid) == 0)
            close(ends[1])
            try #require(clinux_message_pair(&ends) == 0)
            let isolation = Isolation(limits: true, systemCallFilter: true, landlockABI: 0)
            let helper = ThumbnailHelperProcess(pid: pid, isolation: isolation, control: ends[0])
            let limits = DecodeLimits(milliseconds: 50)
            let request = ThumbnailRequest(id: 7, format: .webp, quality: 75, boxes: [64], limits: limits)
            let call = ThumbnailHelperCall(request, source: file, targets: [ThumbnailTarget(box: 64, file: file)])
            var options = ThumbnailHelperOptions(path: "/nonexistent", workers: 1)
            options.grace = reply(7) == nil ? .milliseconds(50) : .seconds(50)
            let answer = reply(7)
            if let answer {
                #expect(clinux_send_message(ends[1], answer, answer.count, nil, 0) == answer.count)
            }
            let end = await threads.run { [options] in call.perform(on: helper, options) }
            end.helper?.end()
            close(ends[1])
            try file.close()
            return end
        }

        @Test(.timeLimit(.minutes(1)))
        func aSoundReplyIsTaken() async throws {
            let output = ThumbnailOutput(width: 64, height: 64, size: 12)
            let end = try await Self.call { id in
                ThumbnailReply(id: id, status: .ok, source: Self.source, outputs: [output]).encoded()
            }
            #expect(try end.result.get() == .rendered([output], from: Self.source))
            #expect(end.helper != nil)
        }

        @Test(
            .timeLimit(.minutes(1)),
            arguments: [
                [0xff], [UInt8](repeating: 1, count: 2000),
                ThumbnailReply(id: 8, status: .notApplicable).encoded(),
                ThumbnailGreeting(
                    isolation: Isolation(limits: true, systemCallFilter: true, landlockABI: 7)
                ).encoded(),
                ThumbnailReply(
                    id: 7,
                    status: .ok,
                    source: source,
                    outputs: Array(repeating: ThumbnailOutput(width: 1, height: 1, size: 12), count: 2)
                ).encoded(),
                ThumbnailReply(
                    id: 7,
                    status: .ok,
                    source: source,
                    outputs: [ThumbnailOutput(width: 65, height: 1, size: 12)]
                ).encoded(),
                ThumbnailReply(
                    id: 7,
                    status: .ok,
                    source: source,
                    outputs: [ThumbnailOutput(width: 1, height: 1, size: 13)]
                ).encoded(),
            ]
        )
        func aReplyThatIsNoneEndsTheHelper(reply: [UInt8]) async throws {
            let end = try await Self.call { _ in reply }
            #expect(end.code == .protocolViolation)
            #expect(end.helper == nil)
        }

        @Test(.timeLimit(.minutes(1)), arguments: ["<html>......", "RIFF....WEBP", ""])
        func aFileThatIsNoThumbnailEndsTheHelper(content: String) async throws {
            let end = try await Self.call(output: Array(content.utf8)) { id in
                let output = ThumbnailOutput(width: 1, height: 1, size: 12)
                return ThumbnailReply(id: id, status: .ok, source: Self.source, outputs: [output]).encoded()
            }
            #expect(end.code == .protocolViolation)
            #expect(end.helper == nil)
        }

        @Test(.timeLimit(.minutes(1)))
        func silenceBeyondTheDeadlineEndsTheHelper() async throws {
            let end = try await Self.call { _ in nil }
            #expect(end.code == .timedOut)
            #expect(end.helper == nil)
        }
    }
}

extension ThumbnailHelperCall.End {
    fileprivate var code: ThumbnailHelperError.Code? {
        if case .failure(let error) = result { error.code } else { nil }
    }
}
