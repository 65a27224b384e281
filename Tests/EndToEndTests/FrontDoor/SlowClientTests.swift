import IngestTesting
import Testing

/// Who takes their time is cut, whatever they keep sending meanwhile.
@Suite(.timeLimit(.minutes(1))) struct SlowClientTests {
    struct Slow: Sendable, CustomTestStringConvertible {
        let name: String
        let begin: String
        /// Sent again and again, slowly.
        let more: String
        /// Nil: the header's default, 10 s.
        let headerTimeout: String?
        var testDescription: String { name }

        init(_ name: String, _ begin: String, more: String, headerTimeout: String? = "1s") {
            (self.name, self.begin, self.more, self.headerTimeout) = (name, begin, more, headerTimeout)
        }
    }

    private static let head = "PUT /files/a HTTP/1.1\r\nHost: localhost\r\n"

    static let rows = [
        Slow("nothing at all", "", more: ""),
        Slow("half a header", "\(head)X: ", more: ""),
        Slow("a field for ever", "\(head)X: ", more: "y"),
        Slow("fields for ever", head, more: "X: y\r\n"),
        Slow("empty lines for ever", "", more: "\r\n"),
        Slow("a request line for ever", "PUT /", more: "a"),
        Slow("a second header", "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n\(head)X: ", more: "y"),
        Slow("by default", "\(head)X: ", more: "y", headerTimeout: nil),
        Slow("a body", "\(head)Content-Length: 100000\r\n\r\n", more: "z"),
        Slow("chunks", "\(head)Transfer-Encoding: chunked\r\n\r\n", more: "1\r\nz\r\n"),
    ]

    @Test(arguments: rows)
    func theConnectionEnds(slow: Slow) async throws {
        let timeout = slow.headerTimeout.map { "limits: {headerTimeout: \($0)}\n" } ?? ""
        let audited = try await AuditedDaemon.start(settings: AuditedDaemon.settings + timeout)
        let client = try await LoopbackClient.connect(to: audited.daemon.address)
        defer { client.close() }
        try await client.send(slow.begin)
        let began = ContinuousClock.now
        let sending = Task {
            while (try? await client.send(slow.more)) != nil {
                // The slowness is what is tested.
                try await Task.sleep(for: .milliseconds(50))
            }
        }
        var statuses: [Int] = []
        do {
            while true { statuses.append(try await client.readReply().status) }
        } catch {
            #expect([.closed, .reset].contains(error.code), "\(error)")
        }
        #expect(ContinuousClock.now - began < .seconds(12))
        sending.cancel()
        #expect(statuses.allSatisfy { [200, 400, 408].contains($0) } && statuses.count <= 2, "\(statuses)")
        try await audited.audit(after: slow.name)
        await audited.stop()
    }
}
