import HTTPTypes
import MicroHTTP
import Testing

@Suite(.timeLimit(.minutes(1)))
struct BasicsTests {
    @Test func aGetIsAnswered() async throws {
        try await TestServer.run(handler: Handlers.echo) { server in
            let client = try await server.connect()
            try await client.send("GET /a%2Fb?x=1 HTTP/1.1\r\nHost: h\r\n\r\n")
            let response = try await client.readResponse()
            #expect(response.status == 200)
            #expect(response.text == "GET /a%2Fb?x=1 0")
            #expect(!response.closes)
        }
    }

    @Test(arguments: [0, 1, 10_000, 65_537, 1_000_000])
    func aBodyIsReadAndTheConnectionKept(size: Int) async throws {
        try await TestServer.run(handler: Handlers.echo) { server in
            let client = try await server.connect()
            for _ in 0..<3 {
                try await client.send("POST /f HTTP/1.1\r\nHost: h\r\nContent-Length: \(size)\r\n\r\n")
                try await client.send([UInt8](repeating: 7, count: size))
                let response = try await client.readResponse()
                #expect(response.status == 200)
                #expect(response.text == "POST /f \(size)")
                #expect(!response.closes)
            }
        }
    }

    @Test func pipelinedRequestsAreAnsweredInOrder() async throws {
        try await TestServer.run(handler: Handlers.echo) { server in
            let client = try await server.connect()
            let requests = (0..<20).map {
                $0 % 2 == 0
                    ? "GET /\($0) HTTP/1.1\r\nHost: h\r\n\r\n"
                    : "POST /\($0) HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"
            }
            try await client.send(requests.joined())
            for index in 0..<20 {
                let response = try await client.readResponse()
                #expect(response.text == (index % 2 == 0 ? "GET /\(index) 0" : "POST /\(index) 3"))
            }
        }
    }

    @Test func aChunkedBodyIsReadAndTheConnectionClosed() async throws {
        try await TestServer.run(handler: Handlers.echo) { server in
            let client = try await server.connect()
            try await client.send(
                "POST /f HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n5;x=y\r\nabcde\r\n0\r\n\r\n"
            )
            let responses = WireResponse.all(in: try await client.readToEnd())
            #expect(responses.map(\.status) == [200])
            #expect(responses.first?.text == "POST /f 8")
            #expect(responses.first?.closes == true)
        }
    }
}
