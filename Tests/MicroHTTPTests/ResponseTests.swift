import Glibc
import HTTPTypes
import MicroHTTP
import SystemPackage
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ResponseTests {
    /// A file that is gone already but for the descriptor.
    private static func file(_ content: [UInt8], _ path: String) throws -> FileDescriptor {
        let file = try FileDescriptor.open(
            FilePath(path),
            .readWrite,
            options: [.create, .exclusiveCreate, .closeOnExec],
            permissions: .ownerReadWrite
        )
        unlink(path)
        try file.writeAll(content)
        return file
    }

    /// How many of the process's descriptors are for files that were at `path` (proc(5)).
    private static func openFiles(_ path: String) throws -> Int {
        try (0..<min(Int32(sysconf(Int32(_SC_OPEN_MAX))), 4096)).count { descriptor in
            try withUnsafeTemporaryAllocation(byteCount: 256, alignment: 1) { link in
                let start = try #require(link.baseAddress)
                let text = start.assumingMemoryBound(to: CChar.self)
                let size = readlink("/proc/self/fd/\(descriptor)", text, link.count)
                return size > 0 && link.prefix(size).elementsEqual("\(path) (deleted)".utf8)
            }
        }
    }

    @Test(arguments: [(Int64(0), Int64(300_000)), (0, 0), (5, 10), (299_999, 1), (131_072, 168_928)])
    func aRangeOfAFileIsSentAndTheFileClosed(offset: Int64, length: Int64) async throws {
        let content = (0..<300_000).map { UInt8($0 % 251) }
        let path = "/tmp/microhttp-\(getpid())-\(UInt64.random(in: 0...(.max)))"
        let handler: RequestHandler = { request in
            guard let file = try? Self.file(content, path) else { return Response(status: .internalServerError) }
            #expect((try? Self.openFiles(path)) ?? 0 > 0)
            // Nobody waits for the answer to a request that is cut off.
            if request.target.path == "/cut" { for await _ in AsyncStream<Void>.makeStream().stream {} }
            return Response(
                status: .partialContent,
                headers: [.contentType: "application/octet-stream"],
                body: .file(file, offset: offset, length: length)
            )
        }
        try await TestServer.run(handler: handler) { server in
            let client = try await server.connect()
            for _ in 0..<2 {
                try await client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                let response = try await client.readResponse()
                #expect(response.status == 206)
                #expect(response["content-length"] == "\(length)")
                #expect(response["content-type"] == "application/octet-stream")
                #expect(response.body == Array(content[Int(offset)..<Int(offset + length)]))
            }
            // Open connections hold no file.
            try await server.until { try Self.openFiles(path) == 0 }
            try await client.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n")
            let head = try await client.readResponse(isHead: true)
            #expect(head["content-length"] == "\(length)")
            #expect(head.body.isEmpty)
            try await server.until { try Self.openFiles(path) == 0 }
            try await client.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            let last = try await client.readResponse()
            #expect(last.closes)
            #expect(try await client.readToEnd() == "")
            // An answer that nobody is there to read.
            let gone = try await server.connect()
            try await gone.send("GET /cut HTTP/1.1\r\nHost: h\r\n\r\n")
            try await server.until { try Self.openFiles(path) > 0 }
            gone.reset()
            try await server.until { try Self.openFiles(path) == 0 }
        }
        #expect(try Self.openFiles(path) == 0)
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
