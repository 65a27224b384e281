import IngestTesting
import SystemPackage
import Testing

@Suite(.timeLimit(.minutes(1))) struct LoopbackClientTests {
    @Test(arguments: [false, true])
    func requestsAndResponsesCross(unix: Bool) async throws {
        let server = try ScriptedServer(unix: unix)
        async let served = server.serve(until: "hello", answer: "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok")
        let reply = try await LoopbackClient.request(
            "PUT",
            "/files/a",
            to: server.address,
            headers: [("If-None-Match", "*")],
            body: Array("hello".utf8)
        )
        #expect(reply.status == 201)
        #expect(reply.text == "ok")
        #expect(
            try await served.received == """
                PUT /files/a HTTP/1.1\r
                Host: localhost\r
                If-None-Match: *\r
                Connection: close\r
                Content-Length: 5\r
                \r
                hello
                """
        )
    }

    @Test func aHalfClosedConnectionStillReads() async throws {
        let server = try ScriptedServer(unix: true)
        async let served = server.serve(until: nil, answer: "bye")
        let client = try await LoopbackClient.connect(to: server.address)
        try await client.send("partial")
        try client.finishSending()
        #expect(try await client.readToEnd() == Array("bye".utf8))
        #expect(try await served == ScriptedServer.Served(received: "partial", wasReset: false))
    }

    @Test func aResetIsSeenAsOne() async throws {
        let server = try ScriptedServer(unix: false)
        async let served = server.serve(until: nil, answer: "")
        let client = try await LoopbackClient.connect(to: server.address)
        try await client.send("partial")
        client.reset()
        #expect(try await served.wasReset)
        let error = await #expect(throws: LoopbackError.self) { try await client.send("more") }
        #expect(error?.code == .notConnected)
    }

    @Test func silenceEndsWithTheTimeout() async throws {
        let server = try ScriptedServer(unix: false)
        let client = try await LoopbackClient.connect(to: server.address, timeout: .milliseconds(50))
        let error = await #expect(throws: LoopbackError.self) { try await client.readReply() }
        #expect(error?.code == .timedOut)
    }

    @Test func anEndInsteadOfAResponseIsAnError() async throws {
        let server = try ScriptedServer(unix: true)
        async let served = server.serve(until: "x", answer: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell")
        let client = try await LoopbackClient.connect(to: server.address)
        try await client.send("x")
        let error = await #expect(throws: LoopbackError.self) { try await client.readReply() }
        #expect(error?.code == .closed)
        _ = try await served
    }

    @Test func nobodyListeningIsAnError() async {
        let error = await #expect(throws: LoopbackError.self) {
            try await LoopbackClient.connect(to: .unix("/nonexistent/socket"))
        }
        #expect(error?.cause == .noSuchFileOrDirectory)
    }

    @Test func aFormIsFramedByItsBoundary() {
        let form = FormBody(files: [("a.txt", [65]), ("b.txt", [])], boundary: "B")
        #expect(form.contentType == "multipart/form-data; boundary=B")
        #expect(
            String(decoding: form.bytes, as: UTF8.self) == """
                --B\r
                Content-Disposition: form-data; name="file"; filename="a.txt"\r
                Content-Type: application/octet-stream\r
                \r
                A\r
                --B\r
                Content-Disposition: form-data; name="file"; filename="b.txt"\r
                Content-Type: application/octet-stream\r
                \r
                \r
                --B--\r

                """
        )
    }
}
