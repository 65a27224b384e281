import HTTPTypes
import MicroHTTP
import Testing

@Suite(.timeLimit(.minutes(1)))
struct LimitTests {
    @Test(arguments: [true, false])
    func connectionsAboveTheLimitAreTurnedAway(perAddress: Bool) async throws {
        var options = TestServer.options
        if perAddress { options.connectionsPerAddress = 3 } else { options.connectionLimit = 3 }
        try await TestServer.run(options, handler: Handlers.echo) { server in
            var clients: [RawClient] = []
            for _ in 0..<3 {
                let client = try await server.connect()
                try await client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                #expect(try await client.readResponse().status == 200)
                clients.append(client)
            }
            for _ in 0..<5 {
                let client = try await server.connect()
                try? await client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                let responses = WireResponse.all(in: try await client.readToEnd())
                #expect(responses.map(\.status) == [503])
                #expect(responses.first?["retry-after"] != nil)
                #expect(responses.first?.closes == true)
            }
            clients[0].finishSending()
            #expect(try await clients[0].readToEnd() == "")
            // The place is free once the server has closed; until then it says 503.
            while true {
                let client = try await server.connect()
                try? await client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                if try await client.readResponse().status == 200 { break }
            }
        }
    }
}
