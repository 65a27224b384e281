import Glibc
import IngestTesting
import Threading

/// What happens to a thousand uploads when the daemon is told to stop.
struct StopUnderLoad {
    private static let count = 1000
    private static let thread = BlockingThreads(name: "stop-clients", count: 1)
    private static let size = 200_000

    func run() async throws {
        let daemon = try await startDaemon(settings: "shutdownTimeout: 10s\n")
        let clock = ContinuousClock()
        // Half of the clients send the rest of their files once the daemon is told to stop, half say nothing more.
        let outcome = try await Self.thread.run {
            let half = [UInt8](repeating: 0x61, count: Self.size / 2)
            let clients = UnsafeMutableBufferPointer<Connection>.allocate(capacity: Self.count)
            for index in 0..<Self.count {
                let connection = try Connection(to: daemon)
                try connection.send(head(put: "f\(index)", length: Self.size))
                try connection.send(half)
                clients.initializeElement(at: index, to: connection)
            }
            defer {
                clients.deinitialize()
                clients.deallocate()
            }
            // In flight is what the daemon has begun to store.
            while daemon.directory.names(in: "bucket.state/spool").count < Self.count { usleep(10_000) }
            let told = clock.now
            daemon.terminate()
            let refused = try Self.statusOfNew(daemon)
            var acknowledged: Set<String> = []
            for index in stride(from: 0, to: Self.count, by: 2) { try? clients[index].send(half) }
            for index in 0..<Self.count where clients[index].status() == 201 { acknowledged.insert("f\(index)") }
            return (told: told, refused: refused, acknowledged: acknowledged)
        }
        let status = await daemon.waitForExit()
        let stored = Set(daemon.directory.names(in: "bucket")).subtracting(["late"])
        let table = Table("SIGTERM with \(Self.count) uploads in flight, half of which go on", ["", ""])
        table.row(["a new upload", outcome.refused.map(String.init) ?? "no answer"])
        table.row(["acknowledged", "\(outcome.acknowledged.count)"])
        table.row(["acknowledged and not in the bucket", "\(outcome.acknowledged.subtracting(stored).count)"])
        table.row(["in the bucket and not acknowledged", "\(stored.subtracting(outcome.acknowledged).count)"])
        table.row(["exit status", "\(status)"])
        table.row(["time to the exit", decimal(seconds(clock.now - outcome.told)) + " s"])
        table.end()
    }

    /// The first answer to new uploads that is not from before the stop.
    private static func statusOfNew(_ daemon: DaemonProcess) throws -> Int? {
        while true {
            let status = try upload("late", [0x61], times: 1, to: daemon).status
            if status != 201, status != 204 { return status }
        }
    }
}
