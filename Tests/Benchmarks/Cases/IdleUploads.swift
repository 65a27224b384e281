import IngestTesting

/// What uploads take of the server that wait for their clients: some bytes are there, and no connection.
struct IdleUploads {
    let scale: Double

    private var count: Int { max(100, Int(5000 * scale)) }

    func run() async throws {
        let daemon = try await startDaemon(settings: "limits: {minFreeSpace: 0}\n")
        let table = Table(
            "\(count) unfinished uploads without a connection",
            ["", "resident memory", "peak memory", "CPU", "time"]
        )
        let clock = ContinuousClock()
        table.row(["before", mebibytes(try daemon.residentMemory()), mebibytes(try daemon.peakMemory()), "", ""])
        let start = (time: clock.now, processor: daemon.processorTime)
        let uploads = try await WaitingUploads.begin(count, on: daemon)
        let end = (time: clock.now, processor: daemon.processorTime)
        table.row([
            "begun", mebibytes(try daemon.residentMemory()), mebibytes(try daemon.peakMemory()),
            decimal(end.processor - start.processor, 2) + " s", decimal(seconds(end.time - start.time)) + " s",
        ])
        let lost = try await uploads.lost(by: daemon)
        table.row(["asked for", mebibytes(try daemon.residentMemory()), mebibytes(try daemon.peakMemory()), "", ""])
        daemon.kill()
        await daemon.waitForExit()
        let restarted = clock.now
        let next = try await daemon.restart()
        let started = clock.now
        let lostThen = try await uploads.lost(by: next)
        table.row([
            "restarted, asked for", mebibytes(try next.residentMemory()), mebibytes(try next.peakMemory()), "",
            decimal(seconds(started - restarted), 2) + " s",
        ])
        table.end("\(lost.count) lost, \(lostThen.count) after a restart.")
        next.kill()
        await next.waitForExit()
    }
}
