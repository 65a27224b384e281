import CLinux
import Glibc
import IngestTesting
import SystemPackage
import Threading

/// A server that takes uploads on a port of the loopback interface.
struct RunningServer {
    /// Where the load sends uploads to.
    struct Target {
        var put: String?
        var form: String?
        var field = "file"
        /// A further field of the form, `name=value`.
        var extra: String?
    }

    private static let thread = BlockingThreads(name: "server-wait", count: 1)

    let process: ChildProcess
    let port: UInt16

    /// A port that nobody listens on now.
    static func freePort() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Errno(rawValue: errno) }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let failed = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, size) != 0 || getsockname(descriptor, pointer, &size) != 0
            }
        }
        guard !failed else { throw Errno(rawValue: errno) }
        return UInt16(bigEndian: address.sin_port)
    }

    /// Returns when somebody listens on the port.
    func awaitListening() async throws {
        let isListening = await Self.thread.run { Self.connects(to: port, within: .seconds(30)) }
        guard isListening else {
            process.kill()
            throw DoesNotListen(status: await process.waitForExit(), output: process.output)
        }
    }

    /// Whether a connection comes about; blocks until then, looking every half millisecond.
    static func connects(to port: UInt16, within limit: Duration) -> Bool {
        let clock = ContinuousClock()
        let start = clock.now
        while clock.now - start < limit {
            let descriptor = clinux_connect_loopback(port, 1000)
            if descriptor >= 0 {
                close(descriptor)
                return true
            }
            usleep(500)
        }
        return false
    }

    /// Sends the workload, then stops the server; nil if the server knows no method for it.
    func take(_ workload: Workload, _ target: Target) async throws -> Measurement? {
        let path: String
        let form: [String]
        switch (workload.method, target.put, target.form) {
        case (.put, let put?, _), (.form, let put?, nil):
            path = put
            form = []
        case (_, _, let place?):
            path = place
            form = ["-f", target.field] + (target.extra.map { ["-x", $0] } ?? [])
        default: return nil
        }
        await FreeMemory.touch(workload.cached)
        let before = ProcessTree(of: process.processID).processorTime
        let outcome = try await CommandLineTool.run(
            Executables.path(of: "bucketd-bench-load").string,
            ["-p", "\(port)", "-t", path] + form + workload.arguments
        )
        let tree = ProcessTree(of: process.processID)
        if !outcome.errorText.isEmpty { Progress.say(outcome.errorText) }
        guard outcome.status == 0 else {
            process.terminate()
            await process.waitForExit()
            throw LoadFailed(status: outcome.status, text: outcome.errorText)
        }
        var measurement = try Measurement(
            outcome.outputText,
            processorTime: tree.processorTime - before,
            memory: tree.peakMemory
        )
        if !workload.isCounted {
            measurement.settledTime = try await settledTime() - before
        }
        process.terminate()
        await process.waitForExit()
        return measurement
    }

    /// What the server's processes have used when they have used nothing more for half a second, or after 15 s.
    private func settledTime() async throws -> Double {
        var last = ProcessTree(of: process.processID).processorTime
        for _ in 0..<30 {
            try await Task.sleep(for: .milliseconds(500))
            let now = ProcessTree(of: process.processID).processorTime
            if now - last < 0.015 { return now }
            last = now
        }
        return last
    }

    private struct DoesNotListen: Error {
        let status: Int32
        let output: String
    }

    private struct LoadFailed: Error {
        let status: Int
        let text: String
    }
}
