import IngestTesting
import SystemPackage

/// strace, which has system calls of a running daemon fail or wait.
struct SystemCallFault {
    private let tracer: ChildProcess

    /// Returns once it holds.
    ///
    /// `injection` is the argument of strace's `--inject`, of the calls `names`; with `path` only
    /// calls on that file or directory. They are listed in `output`.
    static func attach(
        to daemon: DaemonProcess,
        _ names: String,
        _ injection: String,
        path: FilePath? = nil,
        output: FilePath = "/dev/null"
    ) async throws -> Self {
        let tracer = try await ChildProcess.start(
            FilePath("/usr/bin/strace"),
            [
                "--follow-forks", "--attach=\(daemon.processID)", "--trace=\(names)", "--inject=\(names):\(injection)",
                "--output=\(output)",
            ] + (path.map { ["--trace-path=\($0)"] } ?? [])
        )
        _ = await tracer.line(containing: "attached")
        return Self(tracer: tracer)
    }

    /// The calls are the kernel's again.
    func end() async {
        tracer.terminate()
        await tracer.waitForExit()
    }

    /// For a `defer`: does not wait.
    func terminate() {
        tracer.terminate()
    }
}
