import HTTPTypes
import IngestTesting
import SystemPackage
import Testing
import Threading

@testable import Outbound

/// Requests to small servers that do what real ones do at their worst.
@Suite(.timeLimit(.minutes(1))) struct HTTPClientTests {
    private let threads = BlockingThreads(name: "outbound", count: 2)

    private func client(_ change: (inout HTTPClientOptions) -> Void = { _ in }) -> HTTPClient {
        var options = HTTPClientOptions()
        options.connectTimeout = .seconds(20)
        change(&options)
        return HTTPClient(options: options, threads: threads)
    }

    private func url(_ server: ScriptedListener, _ path: String = "/") -> String {
        "http://127.0.0.1:\(server.port)\(path)"
    }

    private func failure(
        of client: HTTPClient,
        _ request: ClientRequest,
        content: (any RequestContent)? = nil
    ) async -> OutboundError? {
        do throws(OutboundError) {
            let response = try await client.send(request, content: content)
            Issue.record("\(response.status)")
            return nil
        } catch {
            return error
        }
    }

    @Test func requestAndResponseGoThroughAsTheyAre() async throws {
        let heads = Locked<[String]>([])
        let server = try ScriptedListener { connection, _ in
            let (head, rest) = connection.readHead()
            let body = connection.read(5, after: rest)
            heads.withLock { $0.append(head + String(decoding: body, as: UTF8.self)) }
            connection.send("HTTP/1.1 201 Created\r\nX-One: a\r\nX-Empty:\r\nContent-Length: 3\r\n\r\nabc")
        }
        let request = ClientRequest(.put, url(server, "/a/../b?c=%2F"), fields: [.contentType: "text/plain"])
        let response = try await client().send(request, content: BytesContent(Array("hello".utf8)))
        #expect(response.status == .created && response.content == Array("abc".utf8))
        #expect(try response.fields[#require(HTTPField.Name("X-One"))] == "a")
        let head = try #require(heads.withLock { $0.first })
        #expect(head.hasPrefix("PUT /a/../b?c=%2F HTTP/1.1\r\n"), "\(head)")
        #expect(head.contains("Content-Length: 5\r\n") && head.contains("Content-Type: text/plain\r\n"))
        #expect(head.hasSuffix("\r\n\r\nhello"))
    }

    @Test func aConnectionServesOneRequestAfterTheOther() async throws {
        let server = try ScriptedListener { connection, number in
            while case (let head, _) = connection.readHead(), !head.isEmpty {
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n\(number)")
            }
        }
        let client = client()
        for _ in 0..<3 {
            #expect(try await client.send(ClientRequest(.get, url(server))).content == Array("0".utf8))
        }
    }

    @Test func interimResponsesAreTold() async throws {
        let server = try ScriptedListener { connection, _ in
            _ = connection.readHead()
            connection.send("HTTP/1.1 104 Upload Resumption Supported\r\nLocation: /uploads/1\r\n\r\n")
            connection.send("HTTP/1.1 204 No Content\r\n\r\n")
        }
        let told = Locked<[String]>([])
        let response = try await client().send(ClientRequest(.get, url(server))) { interim in
            told.withLock { $0.append("\(interim.status.code) \(interim.fields[.location] ?? "")") }
        }
        #expect(response.status == .noContent && response.fields[.location] == nil)
        #expect(told.withLock { $0 } == ["104 /uploads/1"])
    }

    /// A megabyte and more is announced by `Expect: 100-continue`, so a refusal costs nothing.
    @Test func aServerThatRefusesEarlyIsHeard() async throws {
        let server = try ScriptedListener { connection, _ in
            let (head, rest) = connection.readHead()
            #expect(head.contains("Expect: 100-continue") && rest.isEmpty, "\(head)")
            connection.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig")
        }
        let content = BytesContent([UInt8](repeating: 1, count: 4 << 20))
        let response = try await client().send(ClientRequest(.put, url(server)), content: content)
        #expect(response.status.code == 413 && response.content == Array("big".utf8))
    }

    @Test(arguments: [
        ("", true), ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", true), ("SSH-2.0-x\r\n\r\n", false),
    ])
    func anAnswerThatIsNoneIsAnError(answer: String, isTransient: Bool) async throws {
        let server = try ScriptedListener { connection, _ in
            _ = connection.readHead()
            connection.send(answer)
        }
        let error = await failure(of: client(), ClientRequest(.get, url(server)))
        #expect(error?.isTransient == isTransient, "\(String(describing: error))")
    }

    @Test func noServerIsUnreachable() async throws {
        let error = await failure(of: client(), ClientRequest(.get, "http://127.0.0.1:1/"))
        #expect(error?.code == .unreachable && error?.isTransient == true)
        #expect(error?.cause as? Errno == .connectionRefused)
    }

    @Test(arguments: ["file:///etc/passwd", "gopher://127.0.0.1/", "http://"])
    func onlyHTTPIsSpoken(url: String) async throws {
        let error = await failure(of: client(), ClientRequest(.get, url))
        #expect(error?.isTransient == false)
    }

    @Test func redirectsAreNotFollowed() async throws {
        let server = try ScriptedListener { connection, number in
            #expect(number == 0)
            _ = connection.readHead()
            connection.send("HTTP/1.1 307 Temporary Redirect\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n")
        }
        let response = try await client().send(ClientRequest(.get, url(server)))
        #expect(response.status.code == 307 && response.fields[.location] == "/other")
    }

    @Test func aStandstillEnds() async throws {
        let server = try ScriptedListener { connection, _ in
            while connection.read() != nil {}
        }
        let client = client { $0.stallTimeout = .seconds(1) }
        let error = await failure(of: client, ClientRequest(.get, url(server)))
        #expect(error?.code == .timedOut)
    }

    @Test func aCancelledTaskEndsItsTransfer() async throws {
        let isAsked = Locked(false)
        let server = try ScriptedListener { connection, _ in
            _ = connection.readHead()
            isAsked.withLock { $0 = true }
            while connection.read() != nil {}
        }
        let (client, url) = (client(), url(server))
        let task = Task { try await client.send(ClientRequest(.get, url)) }
        while !isAsked.withLock({ $0 }) { await Task.yield() }
        task.cancel()
        guard case .failure(let error) = await task.result else {
            Issue.record("the transfer went on")
            return
        }
        #expect((error as? OutboundError)?.code == .cancelled)
    }

    @Test func anAnswerThatIsTooLargeIsRefused() async throws {
        let server = try ScriptedListener { connection, _ in
            _ = connection.readHead()
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + String(repeating: "x", count: 100))
        }
        let client = client { $0.contentLimit = 99 }
        let error = await failure(of: client, ClientRequest(.get, url(server)))
        #expect(error?.code == .tooLarge)
    }

    @Test func contentThatCannotBeReadEndsTheTransfer() async throws {
        final class Broken: RequestContent, Sendable {
            var length: Int64? { 10 }
            func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int { throw Errno.ioError }
            func rewind() {}
        }
        let server = try ScriptedListener { connection, _ in
            while connection.read() != nil {}
        }
        let error = await failure(of: client(), ClientRequest(.put, url(server)), content: Broken())
        #expect(error?.code == .content && error?.cause as? Errno == .ioError)
    }

    /// The server closes a kept connection just as the next request comes.
    @Test func contentIsSentAgainOnANewConnection() async throws {
        let server = try ScriptedListener { connection, number in
            let (head, rest) = connection.readHead()
            guard !head.isEmpty else { return }
            _ = connection.read(3, after: rest)
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n\(number)")
            // Of the next request something is read, and nothing is said.
            if number == 0 { _ = connection.read() }
        }
        let client = client()
        for number in 0..<2 {
            let content = BytesContent(Array("abc".utf8))
            let response = try await client.send(ClientRequest(.put, url(server)), content: content)
            #expect(response.content == Array("\(number)".utf8))
        }
    }
}
