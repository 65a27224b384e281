import IngestTesting
import SystemPackage

/// Kills a running daemon just before one of the system calls with which it changes files.
struct SystemCallTrap {
    private let tracer: ChildProcess

    /// Returns once it counts; `number` is that of the call, from 1, over all threads.
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

    /// Lets the daemon go on alone: how many calls there were, and before which of them it was killed, if it was.
    func end() async throws -> (count: Int, call: String?) {
        tracer.terminate()
        guard let line = await tracer.line(containing: "counted "), let count = Int(line.dropFirst("counted ".count))
        else { throw Failure(output: tracer.output) }
        await tracer.waitForExit()
        let killed = tracer.output.split(separator: "\n").first { $0.hasPrefix("killed before ") }
        return (count, killed.map { String($0.dropFirst("killed before ".count)) })
    }

    struct Failure: Error {
        let output: String
    }
}
