import IngestTesting
import Threading

/// What an upload in pieces costs the server beside the same bytes in one form.
struct Pieces {
    private static let thread = BlockingThreads(name: "piece-client", count: 1)
    private static let piece = 64

    let rounds: Int
    let scale: Double

    /// MiB.
    private var size: Int { max(2 * Self.piece, Int(1024 * scale) / Self.piece * Self.piece) }

    private struct Cost {
        /// Processor seconds to the last answer, and until its jobs are done.
        var answered: Double
        var settled: Double
        var seconds: Double
    }

    func run() async throws {
        let daemon = try await startDaemon(settings: "limits: {minFreeSpace: 0}\n")
        let table = Table(
            "\(size) MiB by tus in pieces of \(Self.piece) MiB, and in one form",
            ["round", "form, CPU", "tus, CPU", "ratio", "with jobs", "form", "tus"]
        )
        var (ratios, settled): ([Double], [Double]) = ([], [])
        // The first of each makes what later ones find.
        _ = try await (form(daemon), tus(daemon))
        for round in 1...max(1, rounds) {
            let (form, tus): (Cost, Cost)
            if round % 2 == 0 {
                tus = try await self.tus(daemon)
                form = try await self.form(daemon)
            } else {
                form = try await self.form(daemon)
                tus = try await self.tus(daemon)
            }
            ratios.append(tus.answered / form.answered)
            settled.append(tus.settled / form.settled)
            table.row([
                "\(round)", decimal(form.answered, 2) + " s", decimal(tus.answered, 2) + " s",
                decimal(tus.answered / form.answered, 2), decimal(tus.settled / form.settled, 2),
                decimal(form.seconds) + " s", decimal(tus.seconds) + " s",
            ])
        }
        table.end("Median ratio \(decimal(ratios.median, 2)), with its jobs \(decimal(settled.median, 2)).")
        daemon.kill()
        await daemon.waitForExit()
    }

    private func form(_ daemon: DaemonProcess) async throws -> Cost {
        try await cost(daemon) { connection, chunk in
            let start = """
                --b\r
                Content-Disposition: form-data; name="file"; filename="large"\r
                \r

                """
            let end = "\r\n--b--\r\n"
            let length = start.utf8.count + size << 20 + end.utf8.count
            try connection.send(
                """
                POST /files HTTP/1.1\r
                Host: localhost\r
                Content-Type: multipart/form-data; boundary=b\r
                Content-Length: \(length)\r
                \r

                """
            )
            try connection.send(start)
            for _ in 0..<size { try connection.send(chunk) }
            try connection.send(end)
            try Self.require(connection.status(), 201)
        }
    }

    private func tus(_ daemon: DaemonProcess) async throws -> Cost {
        try await cost(daemon) { connection, chunk in
            let creation = UploadDialect.tus.creation(of: "large", length: size << 20)
            try connection.send(LoopbackClient.head("POST", "/files", headers: creation.fields, length: 0))
            let head = connection.head() ?? ""
            try Self.require(Int(head.dropFirst(9).prefix(3)), 201)
            let location = head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("location:") } ?? ""
            let path = UploadDialect.path(ofLocation: String(location)) ?? ""
            for start in stride(from: 0, to: size, by: Self.piece) {
                let append = UploadDialect.tus.append([], to: path, at: start << 20, of: size << 20)
                let length = Self.piece << 20
                try connection.send(LoopbackClient.head("PATCH", path, headers: append.fields, length: length))
                for _ in 0..<Self.piece { try connection.send(chunk) }
                try Self.require(connection.status(), 204)
            }
        }
    }

    /// Of an upload to the daemon, whose file is removed afterwards.
    private func cost(
        _ daemon: DaemonProcess,
        _ upload: @escaping @Sendable (borrowing Connection, [UInt8]) throws -> Void
    ) async throws -> Cost {
        let chunk = [UInt8](repeating: 0x62, count: 1 << 20)
        let before = daemon.processorTime
        let clock = ContinuousClock()
        let start = clock.now
        try await Self.thread.run {
            let connection = try Connection(to: daemon)
            try upload(connection, chunk)
        }
        let time = clock.now - start
        let answered = daemon.processorTime - before
        let settled = try await rest(of: daemon) - before
        let removed = try await LoopbackClient.request("DELETE", "/files/large", to: daemon.address)
        try Self.require(removed.status, 204)
        _ = try await rest(of: daemon)
        return Cost(answered: answered, settled: settled, seconds: seconds(time))
    }

    /// What the daemon has used when it uses nothing more, or after 30 s.
    private func rest(of daemon: DaemonProcess) async throws -> Double {
        var last = daemon.processorTime
        for _ in 0..<60 {
            try await Task.sleep(for: .milliseconds(500))
            let now = daemon.processorTime
            if now - last < 0.015 { return now }
            last = now
        }
        return last
    }

    private static func require(_ status: Int?, _ expected: Int) throws {
        guard status == expected else { throw UnexpectedStatus(status: status) }
    }
}
