import IngestTesting
import SystemPackage

/// How long pages of the listing take, from anywhere in a full bucket.
struct Listing {
    let scale: Double

    func run(_ directory: TemporaryDirectory, files: Int) async throws {
        var options = DaemonProcess.Options(settings: "limits: {minFreeSpace: 0}\n")
        options.logLevel = "notice"
        let daemon = try await DaemonProcess.start(in: directory, options: options)
        let table = Table(
            "Pages of `GET /files?limit=&after=` from random places among \(files) files, one client",
            ["files a page", "pages", "p50", "p99", "pages/s"]
        )
        let client = try await LoopbackClient.connect(to: daemon.address)
        for limit in [1, 100, 1000] {
            let pages = max(20, Int(Double(limit == 1000 ? 200 : 1000) * scale))
            // Before any measured: caches of the program and the kernel fill.
            for _ in 0..<10 { _ = try await Self.page(client, limit: limit, files: files) }
            var times: [Double] = []
            for _ in 0..<pages { times.append(try await Self.page(client, limit: limit, files: files)) }
            let sorted = times.sorted()
            table.row([
                "\(limit)", "\(pages)", decimal(sorted.median, 2) + " ms",
                decimal(sorted[Int(Double(pages - 1) * 0.99)], 2) + " ms",
                decimal(1000 * Double(pages) / times.reduce(0, +)),
            ])
        }
        table.end("Load average \(Machine.load()).")
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
