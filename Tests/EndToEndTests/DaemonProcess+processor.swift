import Glibc
import IngestTesting
import SystemPackage
import Testing

extension DaemonProcess {
    /// How much of a window of silence the daemon may work: a thread that spins takes all of it.
    private static let idleShare = 0.1
    private static let window = Duration.milliseconds(500)

    /// Processor time of all threads so far, in user and kernel mode (`utime` and `stime` of proc(5)'s `stat`, in units
    /// of 1/100 s).
    func processorTime() throws -> Duration {
        let stat = try FileDescriptor.open(FilePath("/proc/\(processID)/stat"), .readOnly, options: .closeOnExec)
        let text = try stat.closeAfter {
            try String(unsafeUninitializedCapacity: 4096) { buffer in
                try stat.read(into: UnsafeMutableRawBufferPointer(buffer))
            }
        }
        // The second field, the name in parentheses, may hold blanks; utime is the 14th.
        let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")
        guard fields.count > 13, let user = Int(fields[12]), let kernel = Int(fields[13]) else {
            throw Errno.noSuchProcess
        }
        return .seconds(user + kernel) / sysconf(Int32(_SC_CLK_TCK))
    }

    /// Asserts that the daemon answers, and works hardly at all while nobody asks anything of it.
    ///
    /// The window lies between two health requests, and is as long as a client waits for an answer to nothing. Work that
    /// the daemon still has to do in the background ends, a loop that spins does not: so one quiet window of many will do.
    func expectIdleProcessor(
        _ comment: @autoclosure () -> String = "",
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        var share = 1.0
        for _ in 0..<20 {
            try await expectHealth(sourceLocation)
            let silent = try await LoopbackClient.connect(to: address, timeout: Self.window)
            defer { silent.close() }
            let (start, before) = (ContinuousClock.now, try processorTime())
            // Ends by the client's own time limit.
            _ = try? await silent.readToEnd()
            let used = try processorTime() - before
            share = used / (ContinuousClock.now - start)
            try await expectHealth(sourceLocation)
            if share <= Self.idleShare { return }
        }
        Issue.record(
            "the daemon's processor use does not end: \(share) of a window; \(comment())",
            sourceLocation: sourceLocation
        )
    }

    private func expectHealth(_ sourceLocation: SourceLocation) async throws {
        let status = try await request("GET", "/healthz").status
        #expect(status == 200, sourceLocation: sourceLocation)
    }
}
