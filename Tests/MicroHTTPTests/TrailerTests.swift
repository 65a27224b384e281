import HTTPTypes
import Testing
import Threading

@testable import MicroHTTP

@Suite(.timeLimit(.minutes(1)))
struct TrailerTests {
    /// The trailers' names and values, and that there were none before the end.
    private static let handler: RequestHandler = { request in
        var iterator = request.body.makeAsyncIterator()
        do {
            while try await iterator.next() != nil {}
        } catch {
            return Response(status: .badRequest, body: .text("\(error)"))
        }
        let text = request.body.trailers.map { "\($0.name.canonicalName)=\($0.value)" }.joined(separator: ";")
        return Response(status: .ok, body: .text(text))
    }

    private static func put(_ trailers: String) -> String {
        "PUT /f HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTrailer: X-A\r\n\r\n3\r\nabc\r\n0\r\n\(trailers)\r\n"
    }

    @Test(arguments: [
        ("", ""), ("X-A: 1\r\n", "x-a=1"), ("X-A:  1 2 \r\nx-b:\r\n", "x-a=1 2;x-b="),
        ("Upload-Checksum: sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=\r\n", "upload-checksum=sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0="),
        ("X-A: 1\r\nX-A: 2\r\n", "x-a=1;x-a=2"),
        ("Content-Length: 30\r\nX-A: 1\r\nTransfer-Encoding: chunked\r\nHost: other\r\nTrailer: x\r\n", "x-a=1"),
    ])
    func trailersAreThereBehindTheBody(trailers: String, seen: String) async throws {
        try await TestServer.run(handler: Self.handler) { server in
            let client = try await server.connect()
            try await client.send(Self.put(trailers))
            let responses = try await client.readAll()
            #expect(responses.map(\.status) == [200])
            #expect(responses.first?.text == seen)
        }
    }

    @Test func trailersAreNotThereBeforeTheEnd() async throws {
        let read = Signal()
        let handler: RequestHandler = { request in
            var iterator = request.body.makeAsyncIterator()
            _ = try? await iterator.next()
            #expect(request.body.trailers.isEmpty)
            read.set()
            return await Self.handler(request)
        }
        try await TestServer.run(handler: handler) { server in
            let client = try await server.connect()
            try await client.send("PUT /f HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc")
            await read.wait()
            try await client.send("\r\n0\r\nX-A: 1\r\n\r\n")
            #expect(try await client.readResponse().text == "x-a=1")
        }
    }

    @Test(arguments: [
        ("X A: 1\r\n", 400), ("X-A : 1\r\n", 400), ("(x): 1\r\n", 400), ("X-A: a\u{1}b\r\n", 400),
        ("X-A: a\u{7F}\r\n", 400),
        (String(repeating: "X: 1\r\n", count: 33), 431), ("X: \(String(repeating: "x", count: 9000))\r\n", 431),
    ])
    func whatCannotBeATrailerEndsTheRequest(trailers: String, status: Int) async throws {
        let failure = Locked<RequestBodyError.Code?>(nil)
        let handler: RequestHandler = { request in
            do {
                for try await _ in request.body {}
            } catch {
                failure.withLock { $0 = (error as? RequestBodyError)?.code }
            }
            return Response(status: .ok)
        }
        try await TestServer.run(handler: handler) { server in
            let client = try await server.connect()
            try await client.send(Self.put(trailers) + "GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            let responses = try await client.readAll()
            #expect(responses.map(\.status) == [status])
            #expect(responses.first?.closes == true)
            try await server.until { server.server.core.handlers.count == 0 }
            #expect(failure.withLock { $0 } == .malformed)
            #expect(server.server.budgetUsage.used == 0)
        }
    }

    @Test func nothingButAChunkedBodyHasTrailers() async throws {
        try await TestServer.run(handler: Self.handler) { server in
            let client = try await server.connect()
            try await client.send("PUT /f HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTrailer: X-A\r\n\r\nabc")
            #expect(try await client.readResponse().text == "")
        }
    }
}
