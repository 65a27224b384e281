import HTTPTypes
import MicroHTTP
import Synchronization
import Testing
import Threading

@testable import MicroHTTP

@Suite(.timeLimit(.minutes(1)))
struct BackPressureTests {
    @Test func aSlowHandlerHoldsTheClientBackAndTheBudgetHolds() async throws {
        var options = TestServer.options
        options.bufferMemory = 1 << 20
        options.queuePerRequest = 64 << 10
        let open = Signal()
        let arrived = Locked(0)
        let half = Signal()
        let handler: RequestHandler = { request in
            var iterator = request.body.makeAsyncIterator()
            var count = 0
            do {
                while let chunk = try await iterator.next() {
                    if count == 0,
                        arrived.withLock({
                            $0 += 1
                            return $0 == 8
                        })
                    {
                        half.set()
                    }
                    await open.wait()
                    count += chunk.count
                }
            } catch {
                return Response(status: .badRequest, body: .text("\(error)"))
            }
            return Response(status: .ok, body: .text("\(count)"))
        }
        try await TestServer.run(options, handler: handler) { server in
            try await withThrowingTaskGroup(of: String.self) { tasks in
                for _ in 0..<16 {
                    tasks.addTask {
                        let client = try await server.connect()
                        let size = 4 << 20
                        try await client.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: \(size)\r\n\r\n")
                        try await client.send([UInt8](repeating: 9, count: size))
                        return try await client.readResponse().text
                    }
                }
                await half.wait()
                #expect(server.server.budgetUsage.used <= 1 << 20)
                open.set()
                for try await text in tasks { #expect(text == "\(4 << 20)") }
            }
            #expect(server.server.budgetUsage.peak <= 1 << 20)
            #expect(server.server.budgetUsage.peak >= 1 << 19)
            #expect(server.server.budgetUsage.used == 0)
        }
    }

    /// Bodies sent to handlers that never read them keep no memory from those who upload.
    @Test(arguments: ["Content-Length: 60000\r\n", "Transfer-Encoding: chunked\r\n"])
    func aBodyThatNobodyReadsHoldsNothingFromOthers(framing: String) async throws {
        var options = TestServer.options
        options.bufferMemory = 1 << 20
        let open = Signal()
        let waiting = Locked(0)
        let handler: RequestHandler = { request in
            guard request.target.path == "/wait" else { return await Handlers.echo(request) }
            waiting.withLock { $0 += 1 }
            await open.wait()
            return Response(status: .ok)
        }
        try await TestServer.run(options, handler: handler) { server in
            let body = [UInt8](repeating: 1, count: 60_000)
            let isChunked = framing.hasPrefix("T")
            let content = isChunked ? Array("ea60\r\n".utf8) + body + Array("\r\n0\r\n\r\n".utf8) : body
            var clients: [RawClient] = []
            for _ in 0..<40 {
                let client = try await server.connect()
                try await client.send(Array("POST /wait HTTP/1.1\r\nHost: h\r\n\(framing)\r\n".utf8) + content)
                clients.append(client)
            }
            try await server.until { waiting.withLock { $0 } == 40 }
            try await server.look()
            #expect(server.server.budgetUsage.used <= 1 << 17)
            // One upload gets its whole share meanwhile, and more.
            let upload = try await server.connect()
            try await upload.send("PUT /f HTTP/1.1\r\nHost: h\r\nContent-Length: 4194304\r\n\r\n")
            try await upload.send([UInt8](repeating: 2, count: 4 << 20))
            #expect(try await upload.readResponse().text == "PUT /f 4194304")
            open.set()
            for client in clients { #expect(try await client.readResponse().status == 200) }
            try await server.until { server.server.budgetUsage.used == 0 }
        }
    }

    @Test func theBytesAreTheOnesSentAndComeInLargeChunks() async throws {
        let handler: RequestHandler = { request in
            var expected: UInt8 = 0
            var largest = 0
            do {
                for try await chunk in request.body {
                    largest = max(largest, chunk.count)
                    for byte in chunk {
                        guard byte == expected else { return Response(status: .conflict) }
                        expected = expected == 250 ? 0 : expected + 1
                    }
                }
            } catch {
                return Response(status: .badRequest)
            }
            return Response(status: .ok, body: .text("\(largest)"))
        }
        try await TestServer.run(handler: handler) { server in
            let client = try await server.connect()
            let bytes = (0..<(6 << 20)).map { UInt8($0 % 251) }
            try await client.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: \(bytes.count)\r\n\r\n")
            try await client.send(bytes)
            let response = try await client.readResponse()
            #expect(response.status == 200)
            let largest = try #require(Int(response.text))
            #expect(largest <= 768 << 10)
            #expect(largest > 64 << 10)
        }
    }

    /// Suspending and resuming under load: nobody is forgotten.
    @Test func fiveHundredUploadsAtOnceAllEnd() async throws {
        var options = TestServer.options
        options.bufferMemory = 2 << 20
        let handler: RequestHandler = { request in
            var count = 0
            do {
                for try await chunk in request.body {
                    count += chunk.count
                    await Task.yield()
                }
            } catch {
                return Response(status: .badRequest)
            }
            return Response(status: .ok, body: .text("\(count)"))
        }
        try await TestServer.run(options, handler: handler) { server in
            var clients: [RawClient] = []
            for _ in 0..<500 { clients.append(try await server.connect()) }
            let size = 100_000
            let half = [UInt8](repeating: 3, count: size / 2)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for client in clients {
                    tasks.addTask {
                        try await client.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: \(size)\r\n\r\n")
                        try await client.send(half)
                        try await client.send(half)
                    }
                }
                try await tasks.waitForAll()
            }
            for client in clients {
                let response = try await client.readResponse()
                #expect(response.status == 200)
                #expect(response.text == "\(size)")
            }
            #expect(server.server.budgetUsage.peak <= 2 << 20)
        }
    }
}
