import Glibc
import IngestTesting
import SystemPackage
import Testing

@Suite(.timeLimit(.minutes(1))) struct ProcessTests {
    /// A stand-in for the daemon.
    ///
    /// Another process writes it: a descriptor of ours that is open for writing would be copied into the children of
    /// other tests, and a file that is open for writing cannot be executed (ETXTBSY, execve(2)).
    private func standIn(_ script: String, in directory: TemporaryDirectory) async throws -> DaemonProcess.Options {
        let installed = try await CommandLineTool.run(
            "install",
            ["-m", "700", "/dev/stdin", directory.file("stand-in").string],
            input: Array("#!/bin/sh\n\(script)\n".utf8)
        )
        try #require(installed.status == 0, "\(installed.errorText)")
        var options = DaemonProcess.Options(arguments: ["--allow-anonymous"], settings: "durability: full\n")
        options.executable = directory.file("stand-in")
        return options
    }

    @Test func aToolsOutcomeIsWhole() async throws {
        let outcome = try await CommandLineTool.run(
            "sh",
            ["-c", "cat; echo $GREETING >&2; exit 3"],
            input: Array("in".utf8),
            environment: ["GREETING": "hello"]
        )
        #expect(outcome.status == 3)
        #expect(outcome.outputText == "in")
        #expect(outcome.errorText == "hello\n")
    }

    @Test func aChildsOutputCanBeWaitedFor() async throws {
        let child = try await ChildProcess.start("/bin/sh", ["-c", "echo one; echo two >&2; exec sleep 1000"])
        #expect(await child.line(containing: "w") == "two")
        #expect(await child.line(containing: "one") == "one")
        child.terminate()
        #expect(await child.waitForExit() == 128 + SIGTERM)
        #expect(await child.line(containing: "three") == nil)
        child.kill()
    }

    @Test func waitingForALineEndsWithTheTask() async throws {
        let child = try await ChildProcess.start("/bin/sh", ["-c", "exec sleep 1000"])
        let waiting = Task { await child.line(containing: "never") }
        waiting.cancel()
        #expect(await waiting.value == nil)
    }

    @Test func aProgramThatIsNotThereIsAnError() async {
        await #expect(throws: Errno.noSuchFileOrDirectory) { try await ChildProcess.start("/nonexistent", []) }
    }

    @Test func aChildInheritsOnlyItsStandardDescriptorsAndTheChangedEnvironment() async throws {
        let child = try await ChildProcess.start(
            "/bin/sh",
            ["-c", "echo \"fds $(ls /proc/self/fd | tr '\\n' ' ')\"; echo \"home ${HOME-none} $ADDED\""],
            environment: ["HOME": nil, "ADDED": "x"]
        )
        #expect(await child.line(containing: "fds") == "fds 0 1 2 3 ")  // 3 is the directory that ls reads.
        #expect(await child.line(containing: "home") == "home none x")
        #expect(await child.waitForExit() == 0)
    }

    @Test func aDaemonIsKnownByTheLineItLogs() async throws {
        let directory = try TemporaryDirectory()
        // The line is written after the exec, in which memory begins anew.
        let script = "cd ${0%/*}; echo \"<5>listening address=127.0.0.1:4711 args=$*\" >log; exec tail -n +1 -f log"
        let daemon = try await DaemonProcess.start(in: directory, options: try await standIn(script, in: directory))
        #expect(daemon.address == .port(4711))
        #expect(daemon.url == "http://127.0.0.1:4711")
        let arguments = "serve --bucket \(daemon.bucket) --listen 127.0.0.1:0 --log-level debug"
        #expect(daemon.output.contains("\(arguments) --config \(directory.path)/bucketd.yaml --allow-anonymous"))
        #expect(try daemon.peakMemory() >= daemon.residentMemory())
        #expect(try daemon.residentMemory() > 4096)
        daemon.kill()
        #expect(await daemon.waitForExit() == 128 + SIGKILL)
        let next = try await daemon.restart()
        #expect(next.bucket == daemon.bucket)
        #expect(next.processID != daemon.processID)
    }

    @Test func aDaemonThatDoesNotListenSaysWhy() async throws {
        let directory = try TemporaryDirectory()
        let options = try await standIn("echo 'bucket is in use'; exit 2", in: directory)
        let error = await #expect(throws: DaemonProcess.NotListening.self) {
            try await DaemonProcess.start(in: directory, options: options)
        }
        #expect(error?.status == 2)
        #expect(error?.output == "bucket is in use\n")
    }

    @Test func aDaemonNobodyHoldsIsKilled() async throws {
        let directory = try TemporaryDirectory()
        let script = "echo 'listening address=unix:/x/y'; exec sleep 1000"
        var daemon: DaemonProcess? = try await .start(in: directory, options: try await standIn(script, in: directory))
        #expect(daemon?.address == .unix("/x/y"))
        let processID = try #require(daemon?.processID)
        let process = try #require(daemon?.process.exit)
        daemon = nil
        #expect(await process.value == 128 + SIGKILL)
        #expect(kill(processID, 0) == -1)
    }
}
