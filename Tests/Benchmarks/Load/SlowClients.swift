import Glibc
import IngestTesting
import Threading

/// Uploads that come in at a kibibyte a second each.
///
/// A class because the connections, which cannot be copied, belong to one thread until `stop`.
final class SlowClients: Sendable {
    private static let thread = BlockingThreads(name: "slow-clients", count: 1)

    private let isStopped = Locked(false)
    private let daemon: DaemonProcess
    private let count: Int

    init(_ count: Int, of daemon: DaemonProcess) {
        self.count = count
        self.daemon = daemon
    }

    /// Opens all, tells `opened`, sends until `stop`; returns how many the server still had then.
    func run(opened: @escaping @Sendable (Result<Void, any Error>) -> Void) async -> Int {
        await Self.thread.run { [self] in
            let connections = UnsafeMutableBufferPointer<Connection>.allocate(capacity: count)
            var made = 0
            defer {
                connections.extracting(0..<made).deinitialize()
                connections.deallocate()
            }
            do {
                while made < count {
                    let connection = try Connection(to: daemon)
                    try connection.send(head(put: "slow-\(made)", length: 1 << 20))
                    connections.initializeElement(at: made, to: connection)
                    made += 1
                }
                opened(.success(()))
            } catch {
                opened(.failure(error))
                return 0
            }
            return drip(connections)
        }
    }

    func stop() { isStopped.withLock { $0 = true } }

    private func drip(_ connections: UnsafeMutableBufferPointer<Connection>) -> Int {
        let bytes = [UInt8](repeating: 0x61, count: 1024)
        let turns = 20
        while true {
            var alive = 0
            for turn in 0..<turns {
                for index in stride(from: turn, to: connections.count, by: turns)
                where connections[index].offer(bytes) { alive += 1 }
                usleep(UInt32(1_000_000 / turns))
            }
            if isStopped.withLock({ $0 }) { return alive }
        }
    }
}
