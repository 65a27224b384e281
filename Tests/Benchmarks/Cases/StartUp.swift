import IngestTesting
import SystemPackage

/// The time from exec to the first connection that is accepted.
struct StartUp {
    let rounds: Int

    func run(_ directory: TemporaryDirectory, files: Int) async throws {
        let table = Table(
            "Start, from exec to the first accepted connection, \(rounds * 2) times",
            ["files in the bucket", "median", "least to most", "CPU a second later", "peak memory then"]
        )
        let empty = try TemporaryDirectory(in: directory.path)
        for (place, count) in [(empty, 0), (directory, files)] {
            var times: [Double] = []
            var processorTimes: [Double] = []
            var memory: [Double] = []
            for _ in 0..<(rounds * 2) {
                let (time, processorTime, peak) = try await Self.start(in: place)
                times.append(time * 1000)
                processorTimes.append(processorTime)
                memory.append(Double(peak))
            }
            let range = "\(decimal(times.min() ?? 0)) to \(decimal(times.max() ?? 0)) ms"
            table.row([
                "\(count)", decimal(times.median) + " ms", range, decimal(processorTimes.median, 2) + " s",
                mebibytes(Int(memory.median)),
            ])
        }
        table.end("The daemon's own scan of the bucket goes on behind. Load average \(Machine.load()).")
    }

    private static func start(in directory: TemporaryDirectory) async throws
        -> (seconds: Double, processorTime: Double, memory: Int)
    {
        let port = try RunningServer.freePort()
        var options = DaemonProcess.Options(settings: "limits: {minFreeSpace: 0}\n")
        options.logLevel = "notice"
        options.listen = "127.0.0.1:\(port)"
        let clock = ContinuousClock()
        let start = clock.now
        let process = try await DaemonProcess.launch(in: directory, options: options)
        try await RunningServer(process: process, port: port).awaitListening()
        let time = seconds(clock.now - start)
        try await Task.sleep(for: .seconds(1))
        let tree = ProcessTree(of: process.processID)
        let (processorTime, memory) = (tree.processorTime, tree.peakMemory)
        process.terminate()
        await process.waitForExit()
        return (time, processorTime, memory)
    }
}
