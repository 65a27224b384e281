import IngestTesting
import SystemPackage

/// How long pages of the listing take, from anywhere in a full bucket.
struct Listing {
    let rounds: Int
    let scale: Double

    func run(_ directory: TemporaryDirectory, files: Int) async throws {
        var options = DaemonProcess.Options(settings: "limits: {minFreeSpace: 0}\n")
        options.logLevel = "notice"
        let daemon = try await DaemonProcess.start(in: directory, options: options)
        let client = try await LoopbackClient.connect(to: daemon.address)
        var measured: [Int: [Round]] = [:]
        for _ in 0..<rounds {
            for limit in [1, 100, 1000] {
                let pages = max(20, Int(Double(limit == 1000 ? 200 : 1000) * scale))
                // Before any measured: caches of the program and the kernel fill.
                for _ in 0..<10 { _ = try await Self.page(client, limit: limit, files: files) }
                let before = daemon.processorTime
                var times: [Double] = []
                for _ in 0..<pages { times.append(try await Self.page(client, limit: limit, files: files)) }
                let used = daemon.processorTime - before
                measured[limit, default: []].append(
                    Round(times: times.sorted(), seconds: times.reduce(0, +) / 1000, processorTime: used)
                )
            }
        }
        let table = Table(
            "Pages of `GET /files?limit=&after=` from random places among \(files) files, one client, medians of \(rounds)",
            ["files a page", "pages", "pages/s (least to most)", "p50", "p99", "CPU ms/page"]
        )
        for (limit, measured) in measured.sorted(by: { $0.key < $1.key }) {
            table.row(["\(limit)", "\(measured[0].times.count)"] + measured.cells(rate: 1))
        }
        let memory = mebibytes(ProcessTree(of: daemon.processID).peakMemory)
        table.end("Peak memory of the daemon \(memory). Load average \(Machine.load()).")
        client.close()
        daemon.terminate()
        await daemon.waitForExit()
    }

    /// In milliseconds.
    private static func page(_ client: LoopbackClient, limit: Int, files: Int) async throws -> Double {
        let after = FullBucket.path(Int.random(in: 0..<max(1, files - limit - 1)))
        let clock = ContinuousClock()
        let start = clock.now
        try await client.send("GET /files?limit=\(limit)&after=\(after) HTTP/1.1\r\nHost: localhost\r\n\r\n")
        let reply = try await client.readReply()
        let time = seconds(clock.now - start) * 1000
        guard reply.status == 200, reply.text.contains("\"filename\"") else {
            throw UnexpectedStatus(status: reply.status)
        }
        return time
    }
}
