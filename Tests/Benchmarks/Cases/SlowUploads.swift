import Glibc
import IngestTesting
import SystemPackage
import Threading

/// What a fast upload loses when thousands of slow ones are open.
struct SlowUploads {
    private static let count = 5000
    /// Fast uploads a round, one of them to warm up: the first into memory that the kernel has just got back is slower.
    private static let repetitions = 4
    private static let threads = BlockingThreads(name: "fast-client", count: 1)

    let rounds: Int

    func run() async throws {
        let daemon = try await startDaemon()
        let table = Table(
            "A 1 GiB upload alone and beside \(Self.count) slow ones",
            ["round", "alone", "beside", "ratio", "slow ones alive", "peak memory"]
        )
        var ratios: [Double] = []
        for round in 1...max(1, rounds) {
            let alone = try await rate(daemon)
            let slow = SlowClients(Self.count, of: daemon)
            let (opened, opening) = AsyncStream.makeStream(of: Result<Void, any Error>.self)
            async let alive = slow.run { opening.yield($0) }
            for await result in opened {
                try result.get()
                break
            }
            // Each has begun by then, so it is what open uploads take that is measured, not what opening them does.
            await untilSpool(of: daemon, holds: Self.count)
            let beside = try await rate(daemon)
            slow.stop()
            ratios.append(beside / alone)
            table.row([
                "\(round)", decimal(alone, 0) + " MiB/s", decimal(beside, 0) + " MiB/s", decimal(beside / alone, 2),
                "\(await alive)", mebibytes(try daemon.peakMemory()),
            ])
            await untilSpool(of: daemon, holds: 0)
        }
        table.end("Median ratio \(decimal(ratios.median, 2)).")
        daemon.kill()
        await daemon.waitForExit()
    }

    /// For a minute at the most.
    private func untilSpool(of daemon: DaemonProcess, holds count: Int) async {
        await Self.threads.run {
            // Reading a directory that new names are made in holds their makers up.
            for _ in 0..<120 where daemon.directory.names(in: "bucket.state/spool").count != count { usleep(500_000) }
        }
    }

    /// In MiB a second: the median of some uploads, each after the file before it has its checksum checked.
    private func rate(_ daemon: DaemonProcess) async throws -> Double {
        var rates: [Double] = []
        for repetition in 0..<Self.repetitions {
            let (status, time) = try await Self.threads.run {
                try upload("fast", [UInt8](repeating: 0x62, count: 1 << 20), times: 1024, to: daemon)
            }
            guard status == 201 || status == 204 else { throw UnexpectedStatus(status: status) }
            if repetition > 0 { rates.append(1024 / seconds(time)) }
            try await untilIdle(daemon)
        }
        return rates.median
    }

    /// The checksum job reads the file once more.
    private func untilIdle(_ daemon: DaemonProcess) async throws {
        let client = try await LoopbackClient.connect(to: daemon.address)
        for state in ["ready", "running"] {
            while try await client.request("GET", "/jobs?limit=1&state=\(state)").text.contains("\"id\"") {
                try await Task.sleep(for: .milliseconds(100))
            }
        }
    }
}

struct UnexpectedStatus: Error {
    let status: Int?
}
