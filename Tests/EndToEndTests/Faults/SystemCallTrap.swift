import IngestTesting
import SystemPackage

/// Kills a running daemon just before one of the system calls with which it changes files.
struct SystemCallTrap {
    private let tracer: ChildProcess

    /// Returns once it counts; `number` is that of the call, from 1, over all threads, or 0 to list them.
    static func set(at number: Int, in daemon: DaemonProcess) async throws -> Self {
        let tracer = try await ChildProcess.start(
            Executables.path(of: "system-call-trap"),
            ["\(daemon.processID)", "\(number)"]
        )
        guard await tracer.line(containing: "attached") != nil else {
            throw Failure(output: tracer.output)
        }
        return Self(tracer: tracer)
    }

    /// Lets the daemon go on alone: the calls that there were, if they were listed, and before which of them it was
    /// killed, if it was.
    func end() async throws -> (calls: [String], killedBefore: String?) {
        tracer.terminate()
        guard await tracer.line(containing: "ended") != nil else { throw Failure(output: tracer.output) }
        await tracer.waitForExit()
        let lines = tracer.output.split(separator: "\n").map(String.init)
        return (Self.rests(of: lines, after: "call "), Self.rests(of: lines, after: "killed before ").first)
    }

    private static func rests(of lines: [String], after beginning: String) -> [String] {
        lines.filter { $0.hasPrefix(beginning) }.map { String($0.dropFirst(beginning.count)) }
    }

    struct Failure: Error {
        let output: String
    }
}
