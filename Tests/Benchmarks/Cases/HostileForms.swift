import IngestTesting
import Threading

/// Whether file content can be made expensive to search for the boundary.
struct HostileForms {
    private static let size = 100_000_000
    private static let thread = BlockingThreads(name: "form-client", count: 1)
    private static let boundary = "----WebKitFormBoundary7MA4YWxkTrZu0gW"

    let rounds: Int

    func run() async throws {
        let daemon = try await startDaemon()
        let contents: [(name: String, chunk: [UInt8])] = [
            ("random", Self.random()),
            ("\\r", Array("\r".utf8)),
            ("\\r\\n--", Array("\r\n--".utf8)),
            ("the boundary less a byte", Array("\r\n--\(Self.boundary.dropLast())".utf8)),
        ]
        let bodies = contents.map { Self.form(filledWith: $0.chunk) }
        var times = contents.map { _ in [Double]() }
        var costs = times
        for _ in 0..<max(1, rounds) {
            for (index, body) in bodies.enumerated() {
                let before = daemon.processorTime
                times[index].append(try await send(body, to: daemon))
                costs[index].append(daemon.processorTime - before)
            }
        }
        let table = Table(
            "A form with a file of 100 MB, medians of \(max(1, rounds))",
            ["content", "time", "beside random", "processor time", "beside random"]
        )
        for index in contents.indices {
            table.row([
                contents[index].name, decimal(times[index].median, 3) + " s",
                decimal(times[index].median / times[0].median, 2), decimal(costs[index].median, 2) + " s",
                decimal(costs[index].median / costs[0].median, 2),
            ])
        }
        let preamble = try await sendPreamble(to: daemon)
        table.end("A preamble of 10 MB: \(preamble.status.map(String.init) ?? "closed") after \(preamble.time) ms.")
        daemon.kill()
        await daemon.waitForExit()
    }

    private func send(_ body: [UInt8], to daemon: DaemonProcess) async throws -> Double {
        let clock = ContinuousClock()
        let start = clock.now
        let status = try await Self.thread.run {
            let connection = try Connection(to: daemon)
            try connection.send(Self.head(length: body.count))
            try connection.send(body)
            return connection.status()
        }
        guard status == 200 else { throw UnexpectedStatus(status: status) }
        return seconds(clock.now - start)
    }

    private func sendPreamble(to daemon: DaemonProcess) async throws -> (status: Int?, time: String) {
        let clock = ContinuousClock()
        let start = clock.now
        let status = try await Self.thread.run {
            let connection = try Connection(to: daemon)
            try connection.send(Self.head(length: 10_000_000))
            // The server answers and hangs up in the middle of it.
            try? connection.send([UInt8](repeating: 0x0D, count: 10_000_000))
            return connection.status()
        }
        return (status, decimal(seconds(clock.now - start) * 1000))
    }

    private static func head(length: Int) -> String {
        "POST /upload-file HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=\(boundary)\r\n"
            + "Content-Length: \(length)\r\nConnection: close\r\n\r\n"
    }

    private static func form(filledWith chunk: [UInt8]) -> [UInt8] {
        var body = Array(
            "--\(boundary)\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n".utf8
        )
        let end = body.count + size
        body.reserveCapacity(size + 1024)
        while body.count < end { body += chunk }
        return body + "\r\n--\(boundary)--\r\n".utf8
    }

    private static func random() -> [UInt8] {
        (0..<size / 8).flatMap { _ in
            withUnsafeBytes(of: UInt64.random(in: .min ... .max)) { Array($0) }
        }
    }
}
