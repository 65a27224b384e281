import Glibc
import HTTPTypes
import MicroHTTP
import SystemPackage
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ResponseTests {
    private static func file(_ content: [UInt8]) throws -> FileDescriptor {
        let directory = "/tmp/microhttp-\(getpid())-\(UInt64.random(in: 0...(.max)))"
        let file = try FileDescriptor.open(
            FilePath(directory),
            .readWrite,
            options: [.create, .exclusiveCreate],
            permissions: .ownerReadWrite
        )
        unlink(directory)
        try file.writeAll(content)
        return file
    }

    @Test(arguments: [(Int64(0), Int64(300_000)), (0, 0), (5, 10), (299_999, 1), (131_072, 168_928)])
    func aRangeOfAFileIsSentAndTheFileClosed(offset: Int64, length: Int64) async throws {
        let content = (0..<300_000).map { UInt8($0 % 251) }
        let handler: RequestHandler = { _ in
            guard let file = try? Self.file(content) else { return Response(status: .internalServerError) }
            return Response(
                status: .partialContent,
                headers: [
                    .contentType: "application/octet-stream", .init("X-Descriptor") ?? .eTag: "\(file.rawValue)",
                ],
                body: .file(file, offset: offset, length: length)
            )
        }
        let descriptors = try await TestServer.run(handler: handler) { server in
            let client = try await server.connect()
            for _ in 0..<2 {
                try await client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                let response = try await client.readResponse()
                #expect(response.status == 206)
                #expect(response["content-length"] == "\(length)")
                #expect(response["content-type"] == "application/octet-stream")
                #expect(response.body == Array(content[Int(offset)..<Int(offset + length)]))
            }
            try await client.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n")
            let head = try await client.readResponse(isHead: true)
            #expect(head["content-length"] == "\(length)")
            #expect(head.body.isEmpty)
            try await client.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            let last = try await client.readResponse()
            #expect(last.closes)
            #expect(try await client.readToEnd() == "")
            return [head["x-descriptor"]].compactMap { $0 }
        }
        #expect(!descriptors.isEmpty)
    }

    @Test func headersArriveAndFramingIsTheServers() async throws {
        var headers: HTTPFields = [.setCookie: "a=b", .contentLength: "999", .connection: "close", .eTag: "\"x\""]
        headers.append(HTTPField(name: .setCookie, value: "c=d"))
        let response = Response(status: .created, headers: headers, body: .text("hello"))
        let handler: RequestHandler = { _ in response }
        try await TestServer.run(handler: handler) { server in
            let client = try await server.connect()
            try await client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            let text = try await client.readToEnd()
            let answer = try #require(WireResponse.all(in: text).first)
            #expect(answer.status == 201)
            #expect(answer.text == "hello")
            #expect(answer["content-length"] == "5")
            #expect(answer["etag"] == "\"x\"")
            #expect(answer.closes)
            #expect(answer["date"] != nil)
            #expect(answer.headers.filter { $0.name == "set-cookie" }.map(\.value) == ["a=b", "c=d"])
        }
    }

    @Test func aStatusWithoutABodyHasNone() async throws {
        let handler: RequestHandler = { _ in Response(status: .noContent) }
        try await TestServer.run(handler: handler) { server in
            let client = try await server.connect()
            for _ in 0..<2 {
                try await client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                #expect(try await client.readResponse().status == 204)
            }
        }
    }
}
