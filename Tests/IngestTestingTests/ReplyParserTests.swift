import IngestTesting
import Testing

@Suite struct ReplyParserTests {
    private func parse(_ text: String, head: Bool = false, step: Int) throws -> [Reply] {
        var parser = ReplyParser()
        var replies: [Reply] = []
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: step) {
            parser.append(bytes[start..<min(start + step, bytes.count)])
            while let reply = try parser.next(isAnswerToHead: head, isAtEnd: false) { replies.append(reply) }
        }
        if let last = try parser.next(isAnswerToHead: head, isAtEnd: true) { replies.append(last) }
        return replies
    }

    @Test(arguments: [1, 2, 7, 1000])
    func responsesFollowEachOther(step: Int) throws {
        let replies = try parse(
            "HTTP/1.1 100 Continue\r\n\r\n"
                + "HTTP/1.1 201 Created\r\nLocation: /files/a\r\ncontent-length: 5\r\n\r\nhello"
                + "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nT: 1\r\n\r\n"
                + "HTTP/1.1 204 \r\n\r\n"
                + "HTTP/1.0 400 Bad Request\r\n\r\nto the end",
            step: step
        )
        #expect(replies.map(\.status) == [100, 201, 200, 204, 400])
        #expect(replies.map(\.text) == ["", "hello", "abc0123456789", "", "to the end"])
        #expect(replies.map(\.reason) == ["Continue", "Created", "OK", "", "Bad Request"])
        #expect(replies.dropFirst().first?["location"] == "/files/a")
    }

    @Test func anAnswerToHeadHasNoBody() throws {
        let replies = try parse("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", head: true, step: 100)
        #expect(replies.map(\.body) == [[]])
    }

    @Test func aBodyThatIsCutIsNoResponse() throws {
        #expect(try parse("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", step: 100).isEmpty)
        #expect(try parse("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", step: 100).isEmpty)
    }

    @Test(arguments: [
        "ICY 200 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
    ])
    func whatIsNotHTTPIsAnError(text: String) {
        let error = #expect(throws: LoopbackError.self) { try parse(text, step: 1000) }
        #expect(error?.code == .malformed)
    }
}
