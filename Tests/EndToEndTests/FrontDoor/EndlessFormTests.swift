import IngestTesting
import Testing

/// Parts of a form that nobody wants are refused long before they end, and cost neither memory nor time.
@Suite(.timeLimit(.minutes(2))) struct EndlessFormTests {
    struct Form: Sendable, CustomTestStringConvertible {
        let name: String
        let begin: String
        /// Goes on for ever.
        let filling: String
        let status: Int
        var testDescription: String { name }

        init(_ name: String, _ begin: String, _ filling: String, _ status: Int) {
            (self.name, self.begin, self.filling, self.status) = (name, begin, filling, status)
        }
    }

    static let forms = [
        Form("a field", "--B\r\nContent-Disposition: form-data; name=f\r\n\r\n", "x", 413),
        Form("a preamble", "", "\r\n", 400),
        Form("an epilogue", "--B\r\n\(WireCase.part)--B--\r\n", "x", 400),
        Form("a part header", "--B\r\nX: ", "y", 400),
        Form("delimiters", "--B\r\n\(WireCase.part)", "--B\r\n", 400),
    ]

    /// A gigabyte is announced.
    ///
    /// It is answered within what the kernel's buffers take, and neither it nor its answer grows with it.
    @Test(arguments: forms)
    func itIsRefusedEarly(form: Form) async throws {
        let audited = try await AuditedDaemon.start()
        let memory = try audited.daemon.residentMemory()
        let lines = audited.daemon.output.utf8.count { $0 == 10 }
        let client = try await LoopbackClient.connect(to: audited.daemon.address)
        defer { client.close() }
        let fields = [("Content-Type", "multipart/form-data; boundary=B")]
        try await client.send(
            LoopbackClient.head("POST", "/upload-file", headers: fields, length: 1 << 30) + form.begin
        )
        let filling = Array(String(repeating: form.filling, count: (1 << 20) / form.filling.utf8.count).utf8)
        let sending = Task {
            var sent = 0
            while sent < 1 << 30, (try? await client.send(filling)) != nil { sent += filling.count }
            return sent
        }
        let reply = try await client.readReply()
        #expect(reply.status == form.status, "\(reply.text)")
        #expect(reply.isProblem)
        client.close()
        #expect(await sending.value < 64 << 20)
        #expect(try audited.daemon.peakMemory() < memory + (16 << 20))
        try await audited.audit(after: form.name)
        #expect(audited.daemon.output.utf8.count { $0 == 10 } < lines + 40)
        await audited.stop()
    }

    /// Quoted strings and parameters of the greatest size are read in linear time.
    @Test(arguments: ["\\", "\\\"", ";", "; a=b", "=", "\"", " "])
    func aLongHeaderCostsNothing(filling: String) async throws {
        let audited = try await AuditedDaemon.start()
        let count = 24_000 / filling.utf8.count
        let value = "multipart/form-data; boundary=\"\(String(repeating: filling, count: count))"
        try await audited.daemon.waitUntilIdle()
        let before = try audited.daemon.processorTime()
        let reply = try await audited.daemon.request(
            "POST",
            "/upload-file",
            headers: [("Content-Type", value)],
            body: [1]
        )
        #expect([400, 415].contains(reply.status), "\(reply.text)")
        #expect(try audited.daemon.processorTime() - before < .milliseconds(50))
        try await audited.audit(after: filling)
        await audited.stop()
    }
}
