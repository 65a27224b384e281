import CLinux
import Glibc
package import SystemPackage
import Threading

/// A program that runs beside the test, with its output captured, and dies with the test's process.
package final class ChildProcess: Sendable {
    /// Threads that live as long as the process, since the kernel kills a child when the thread that started it ends.
    private static let threads = BlockingThreads(name: "test-child", count: 128)

    package let processID: Int32
    private let captured: ProcessOutput
    /// Ends with the exit status, or 128 + the signal that ended the process, when all that this wrote has been read;
    /// outlives this object.
    package let exit: Task<Int32, Never>
    /// False once the process is reaped and its number may be another's.
    private let isRunning: Locked<Bool>

    /// Standard output and standard error, in the order of their writes.
    package var output: String { captured.text }

    private init(processID: Int32, reading descriptor: Int32) {
        let captured = ProcessOutput(reading: descriptor)
        let isRunning = Locked(true)
        self.processID = processID
        self.captured = captured
        self.isRunning = isRunning
        Task {
            await Self.threads.run { captured.readToEnd() }
        }
        exit = Task {
            await Self.threads.run {
                clinux_await_exit(processID)
                captured.catchUp()
                return isRunning.withLock { isRunning in
                    isRunning = false
                    return clinux_wait(processID)
                }
            }
        }
    }

    deinit {
        isRunning.withLock { isRunning in
            if isRunning { Glibc.kill(-processID, SIGKILL) }
        }
    }

    /// Starts a program with this process's environment, changed by `environment`.
    package static func start(
        _ program: FilePath,
        _ arguments: [String],
        environment changes: [String: String?] = [:]
    ) async throws -> ChildProcess {
        let variables = environment(changes)
        return try await threads.run {
            var output: [Int32] = [0, 0]
            guard clinux_pipe(&output) == 0 else { throw Errno(rawValue: errno) }
            let nothing = open("/dev/null", O_RDONLY | O_CLOEXEC)
            defer {
                Glibc.close(output[1])
                Glibc.close(nothing)
            }
            let processID = withCStrings([program.string] + arguments) { arguments in
                withCStrings(variables) { variables in
                    clinux_spawn(program.string, arguments, variables, nothing, output[1], output[1])
                }
            }
            guard processID > 0 else {
                let cause = Errno(rawValue: errno)
                Glibc.close(output[0])
                throw cause
            }
            return ChildProcess(processID: processID, reading: output[0])
        }
    }

    /// Sends a signal to the process alone; nothing if it has ended.
    package func signal(_ number: Int32) {
        isRunning.withLock { isRunning in
            if isRunning { Glibc.kill(processID, number) }
        }
    }

    package func terminate() { signal(SIGTERM) }
    package func kill() { signal(SIGKILL) }

    /// The exit status, or 128 + the signal that ended it.
    @discardableResult
    package func waitForExit() async -> Int32 {
        await exit.value
    }

    /// What `find` returns for the first line of output for which it returns something; nil if the output ends before.
    package func firstLine(_ find: @escaping @Sendable (String) -> String?) async -> String? {
        await captured.first(find)
    }

    /// The first line of output that contains `text`; nil if the output ends before.
    package func line(containing text: String) async -> String? {
        await firstLine { $0.contains(text) ? $0 : nil }
    }

    private static func environment(_ changes: [String: String?]) -> [String] {
        var variables: [String] = []
        var next = environ
        while let entry = next.pointee {
            let variable = String(cString: entry)
            if changes[String(variable.prefix { $0 != "=" })] == nil { variables.append(variable) }
            next += 1
        }
        for (name, value) in changes {
            if let value { variables.append("\(name)=\(value)") }
        }
        return variables
    }
}

/// Lends a NULL-terminated array of C strings.
private func withCStrings<Result>(
    _ strings: [String],
    _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    let copies = strings.map { strdup($0) } + [nil]
    defer { for copy in copies { free(copy) } }
    return copies.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else { preconditionFailure("an array with its terminator is not empty") }
        return body(base)
    }
}
