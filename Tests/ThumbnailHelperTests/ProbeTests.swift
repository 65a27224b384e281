import PostProcessing
import Subprocess
import SystemPackage
import Testing

extension BuiltHelperTests {
    @Suite struct ProbeTests {
        @Test(.timeLimit(.minutes(1)))
        func theSandboxHoldsAgainstEveryAttempt() async throws {
            let probe = try await ThumbnailHelperProbe.run(BuiltHelper.path())
            #expect(probe.held, "\(probe.lines)")
            #expect(probe.lines.first?.hasPrefix("isolation: limits, seccomp") == true)
            #expect(
                probe.lines.dropFirst().elementsEqual([
                    "open /etc/passwd: refused", "create a file: refused", "make memory executable: refused",
                    "make a socket: killed by signal 31", "run a program: killed by signal 31",
                    "start a process: killed by signal 31", "signal another process: killed by signal 31",
                    "crash: killed by signal 11", "take all memory: out of memory",
                    "loop for ever: killed at the deadline",
                ])
            )
        }

        @Test(.timeLimit(.minutes(1)))
        func aProbeOfNothingSaysSo() async throws {
            let error = await #expect(throws: ThumbnailHelperError.self) {
                try await ThumbnailHelperProbe.run("/nonexistent/bucketd-thumbnail")
            }
            #expect(error?.code == .unavailable)
            #expect(try await !ThumbnailHelperProbe.run("/bin/false").held)
        }

        @Test(.timeLimit(.minutes(1)))
        func startedByHandItSaysWhatItIs() async throws {
            let result = try await run(.path(try BuiltHelper.path()), output: .string(limit: 4096))
            #expect(result.terminationStatus == .exited(64))
            #expect(result.standardOutput.contains("--probe"))
        }
    }
}
