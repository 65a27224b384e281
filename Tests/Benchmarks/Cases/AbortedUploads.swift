import Glibc
import IngestTesting
import Threading

/// Whether uploads that end early leave anything behind.
struct AbortedUploads {
    private static let count = 10_000
    private static let perSecond = 200
    private static let thread = BlockingThreads(name: "aborting-clients", count: 1)

    func run() async throws {
        let daemon = try await startDaemon()
        _ = try await Self.thread.run { try upload("warm", [1, 2, 3], times: 1, to: daemon) }
        let table = Table(
            "\(Self.count) uploads aborted at \(Self.perSecond)/s, by FIN and RST in turns",
            ["", "descriptors", "memory", "spool"]
        )
        let base = daemon.descriptors
        table.row(row("before", daemon))
        try await Self.thread.run { try Self.abortAll(daemon) }
        table.row(row("at the end", daemon))
        let clock = ContinuousClock()
        let start = clock.now
        while daemon.descriptors > base || !spool(daemon).isEmpty, clock.now - start < .seconds(30) {
            try await Task.sleep(for: .milliseconds(50))
        }
        table.row(row("\(decimal(seconds(clock.now - start))) s later", daemon))
        table.end()
        daemon.kill()
        await daemon.waitForExit()
    }

    private static func abortAll(_ daemon: DaemonProcess) throws {
        let part = [UInt8](repeating: 0x61, count: 64 << 10)
        let clock = ContinuousClock()
        let start = clock.now
        for number in 0..<count {
            let due = start + .seconds(Double(number) / Double(perSecond))
            let wait = due - clock.now
            if wait > .zero { usleep(UInt32(wait / .microseconds(1))) }
            let connection = try Connection(to: daemon)
            try connection.send(head(put: "aborted-\(number)", length: 1 << 20))
            try connection.send(part)
            if number % 2 == 1 { connection.resetAtEnd() }
        }
    }

    private func spool(_ daemon: DaemonProcess) -> [String] {
        daemon.directory.names(in: "bucket.state/spool")
    }

    private func row(_ name: String, _ daemon: DaemonProcess) -> [String] {
        let memory = (try? daemon.residentMemory()).map(mebibytes) ?? "?"
        return [name, "\(daemon.descriptors)", memory, "\(spool(daemon).count)"]
    }
}
