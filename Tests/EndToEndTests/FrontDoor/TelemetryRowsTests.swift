import IngestTesting
import Testing

/// Logs and metrics keep their size and shape, whatever the client sends.
@Suite(.timeLimit(.minutes(2))) struct TelemetryRowsTests {
    static let names = [
        "plain", "a%0ab", "a%0d%0a2026-01-01T00:00:00Z%20error%20forged", "%1b[31mred", "%00", "%c2%85", "%e2%80%a8",
        "%ff%fe", "%7f", "%22%20error=%22forged", "%5c%22", String(repeating: "long", count: 1500),
    ]

    /// Every request makes as many lines as a harmless one, and no line holds what a terminal would act on.
    @Test func aLineStaysALine() async throws {
        let directory = try TemporaryDirectory()
        let daemon = try await DaemonProcess.start(in: directory, options: .init(settings: AuditedDaemon.settings))
        var counts: Set<Int> = []
        for (number, name) in Self.names.enumerated() {
            let before = lines(of: daemon).count
            let fields = [("User-Agent", "agent \(name)"), ("X-Forwarded-For", "1.2.3.4%0d%0aforged")]
            #expect(try await daemon.request("GET", "/files/\(name)", headers: fields).status == 404)
            // The library's thread has said all of the request before it takes the next connection's end as said.
            _ = await daemon.process.line(containing: "http.target=/files/\(name.prefix(1))")
            #expect(try await daemon.request("GET", "/mark-\(number)").status == 404)
            _ = await daemon.process.firstLine { line in
                line.contains("request ended") && line.contains("/mark-\(number)") ? line : nil
            }
            counts.insert(lines(of: daemon).count - before)
        }
        #expect(counts.count <= 2, "\(counts)")
        let isClean = daemon.output.unicodeScalars.allSatisfy { scalar in
            scalar == "\n"
                || scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value)
                    && !["\u{2028}", "\u{2029}", "\u{202E}"].contains(scalar)
        }
        #expect(isClean)
        #expect(!lines(of: daemon).contains { $0.hasPrefix("2026-01-01T00:00:00Z") })
    }

    private func lines(of daemon: DaemonProcess) -> [Substring] {
        daemon.output.split(separator: "\n", omittingEmptySubsequences: false)
    }

    /// Ten thousand names, kinds, methods and types make no new series.
    @Test func metricsHaveAClosedSetOfSeries() async throws {
        let directory = try TemporaryDirectory()
        let options = DaemonProcess.Options(arguments: ["--log-level", "notice"], settings: AuditedDaemon.settings)
        let daemon = try await DaemonProcess.start(in: directory, options: options)
        let client = try await LoopbackClient.connect(to: daemon.address)
        defer { client.close() }
        try await ask(client, from: 0, to: 0)
        #expect(try await daemon.request("PUT", "/files/n0", body: [1]).status == 201)
        try await daemon.settleJobs()
        let before = try await series(daemon)
        #expect(before.count > 20)
        for first in stride(from: 1, to: 2000, by: 20) {
            try await ask(client, from: first, to: first + 19)
        }
        for number in 1...50 {
            let fields = [("Content-Type", "type/x-\(number)"), ("User-Agent", "agent-\(number)")]
            #expect(try await daemon.request("PUT", "/files/n\(number)", headers: fields, body: [1]).status == 201)
        }
        try await daemon.settleJobs()
        let after = try await series(daemon)
        #expect(after.isSubset(of: before), "\(after.subtracting(before))")
    }

    /// Five requests for each number, all sent before the first answer is read.
    private func ask(_ client: LoopbackClient, from first: Int, to last: Int) async throws {
        let shapes = (first...last).flatMap(Self.shapes)
        try await client.send(shapes.map { LoopbackClient.head($0.0, $0.1) }.joined())
        for (method, target) in shapes {
            let reply = try await client.readReply()
            #expect((200..<500).contains(reply.status), "\(method) \(target)")
        }
    }

    private static func shapes(_ number: Int) -> [(String, String)] {
        [
            ("GET", "/files/name-\(number)"), ("GET", "/route-\(number)"), ("GET", "/jobs?kind=kind-\(number)"),
            ("METHOD\(number)", "/files"), ("GET", "/thumbnails/name-\(number)?size=\(number)"),
        ]
    }

    /// The metrics' names with their labels.
    private func series(_ daemon: DaemonProcess) async throws -> Set<Substring> {
        let lines = try await daemon.request("GET", "/metrics").text.split(separator: "\n")
        return Set(
            lines.filter { !$0.hasPrefix("#") }.compactMap { line in line.lastIndex(of: " ").map { line[..<$0] } }
        )
    }
}
