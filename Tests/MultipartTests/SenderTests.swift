import Multipart
import Testing

/// Bodies as real programs send them.
@Suite struct SenderTests {
    struct Sent: Sendable, CustomTestStringConvertible {
        struct Part: Sendable, Hashable {
            var name: String
            var filename: String?
            var type: String?
            var content: String
        }

        var sender: String
        var boundary: String
        var body: String
        var parts: [Part]
        var testDescription: String { sender }
    }

    static let curl = Sent(
        sender: "curl 7.88",
        boundary: "------------------------bd80995c4e144b25",
        body: """
            --------------------------bd80995c4e144b25\r
            Content-Disposition: form-data; name="title"\r
            \r
            caf\u{e9}\r
            --------------------------bd80995c4e144b25\r
            Content-Disposition: form-data; name="file"; filename="plain.txt"\r
            Content-Type: text/plain\r
            \r
            hello\r
            --\r
            \r
            --------------------------bd80995c4e144b25--\r

            """,
        parts: [
            .init(name: "title", content: "caf\u{e9}"),
            .init(name: "file", filename: "plain.txt", type: "text/plain", content: "hello\r\n--\r\n"),
        ]
    )

    static let curlEmptyFile = Sent(
        sender: "curl 7.88, an empty file before another",
        boundary: "------------------------4cbc6d7a68ff5b32",
        body: """
            --------------------------4cbc6d7a68ff5b32\r
            Content-Disposition: form-data; name="file"; filename="empty.bin"\r
            Content-Type: application/octet-stream\r
            \r
            \r
            --------------------------4cbc6d7a68ff5b32\r
            Content-Disposition: form-data; name="pic"; filename="p.png"\r
            Content-Type: image/png\r
            \r
            PNG\r
            \u{1a}\r
            --------------------------4cbc6d7a68ff5b32--\r

            """,
        parts: [
            .init(name: "file", filename: "empty.bin", type: "application/octet-stream", content: ""),
            .init(name: "pic", filename: "p.png", type: "image/png", content: "PNG\r\n\u{1a}"),
        ]
    )

    static let curlNames = Sent(
        sender: "curl 7.88, names in need of escapes",
        boundary: "------------------------fc44b5f2b790f0f0",
        body: """
            --------------------------fc44b5f2b790f0f0\r
            Content-Disposition: form-data; name="f%22n"; filename="a%22b\\\u{fc}\u{2603}%0D%0Ax.txt"\r
            Content-Type: text/plain\r
            \r
            x\r
            --------------------------fc44b5f2b790f0f0--\r

            """,
        parts: [
            .init(name: "f\"n", filename: "a\"b\\\u{fc}\u{2603}\r\nx.txt", type: "text/plain", content: "x")
        ]
    )

    static let curlFormEscape = Sent(
        sender: "curl --form-escape, Go: backslash escapes",
        boundary: "------------------------6e63fa77d26641a3",
        body: """
            --------------------------6e63fa77d26641a3\r
            Content-Disposition: form-data; name="file"; filename="a\\"b\\\\c.txt"\r
            Content-Type: text/plain\r
            \r
            hello\r
            --\r
            \r
            --------------------------6e63fa77d26641a3--\r

            """,
        parts: [.init(name: "file", filename: "a\"b\\c.txt", type: "text/plain", content: "hello\r\n--\r\n")]
    )

    static let curlHeaders = Sent(
        sender: "curl 7.88 with an extra part header",
        boundary: "------------------------05b5f739fb8e9d30",
        body: """
            --------------------------05b5f739fb8e9d30\r
            Content-Disposition: form-data; name="v"\r
            Content-Type: text/x\r
            X-Extra: 1\r
            \r
            1\r
            --------------------------05b5f739fb8e9d30--\r

            """,
        parts: [.init(name: "v", type: "text/x", content: "1")]
    )

    static let requests = Sent(
        sender: "requests 2: no type of the part",
        boundary: "1d63654e5b6062680fa6f1a05645d2e8",
        body: """
            --1d63654e5b6062680fa6f1a05645d2e8\r
            Content-Disposition: form-data; name="k"\r
            \r
            v\r
            --1d63654e5b6062680fa6f1a05645d2e8\r
            Content-Disposition: form-data; name="f%22n"; filename="a%22b\\\u{fc}\u{2603}%0D%0Ax.txt"\r
            \r
            data\r
            --1d63654e5b6062680fa6f1a05645d2e8--\r

            """,
        parts: [
            .init(name: "k", content: "v"),
            .init(name: "f\"n", filename: "a\"b\\\u{fc}\u{2603}\r\nx.txt", content: "data"),
        ]
    )

    static let node = Sent(
        sender: "Node 20, as browsers do",
        boundary: "----formdata-undici-068294286432",
        body: """
            ------formdata-undici-068294286432\r
            Content-Disposition: form-data; name="f%22n"; filename="a%22b\\\u{fc}\u{2603}%0D%0Ax.txt"\r
            Content-Type: text/plain\r
            \r
            data\r
            ------formdata-undici-068294286432\r
            Content-Disposition: form-data; name="t"\r
            \r
            l1\r
            l2\r
            ------formdata-undici-068294286432--\r

            """,
        parts: [
            .init(name: "f\"n", filename: "a\"b\\\u{fc}\u{2603}\r\nx.txt", type: "text/plain", content: "data"),
            .init(name: "t", content: "l1\r\nl2"),
        ]
    )

    static let httpx = Sent(
        sender: "httpx 0.28: doubled backslash",
        boundary: "0f7a3c4d",
        body: """
            --0f7a3c4d\r
            Content-Disposition: form-data; name="f"; filename="a%22b\\\\\u{fc}.txt"\r
            Content-Type: text/plain\r
            \r
            d\r
            --0f7a3c4d--\r

            """,
        parts: [.init(name: "f", filename: "a\"b\\\u{fc}.txt", type: "text/plain", content: "d")]
    )

    static let aiohttp = Sent(
        sender: "aiohttp 3: type first, everything percent-encoded",
        boundary: "5b0e8c1f",
        body: """
            --5b0e8c1f\r
            Content-Type: application/octet-stream\r
            Content-Disposition: form-data; name="f\\"n"; filename="a%22b%5C%C3%BC%E2%98%83x.txt"\r
            \r
            d\r
            --5b0e8c1f--\r

            """,
        parts: [
            .init(
                name: "f\"n",
                filename: "a\"b%5C%C3%BC%E2%98%83x.txt",
                type: "application/octet-stream",
                content: "d"
            )
        ]
    )

    static let oldExplorer = Sent(
        sender: "a browser that sends the path",
        boundary: "---------------------------7d32b41e1f0a",
        body: """
            -----------------------------7d32b41e1f0a\r
            Content-Disposition: form-data; name="f"; filename="C:\\Users\\new\\photo.jpg"\r
            Content-Type: image/pjpeg\r
            \r
            d\r
            -----------------------------7d32b41e1f0a--\r

            """,
        parts: [
            .init(name: "f", filename: "C:\\Users\\new\\photo.jpg", type: "image/pjpeg", content: "d")
        ]
    )

    @Test func nestedFilesOfCurlAreRefused() throws {
        let form = try ParsedForm(
            """
            --------------------------2e1905106a9bc406\r
            Content-Disposition: form-data; name="f"\r
            Content-Type: multipart/mixed; boundary=------------------------afcbf35fc0cb1567\r
            \r
            --------------------------afcbf35fc0cb1567\r
            Content-Disposition: attachment; filename="plain.txt"\r
            Content-Type: text/plain\r
            \r
            hello\r
            --------------------------afcbf35fc0cb1567--\r
            \r
            --------------------------2e1905106a9bc406--\r

            """,
            boundary: "------------------------2e1905106a9bc406"
        )
        #expect(form.error?.code == .nestedMultipart)
        #expect(form.parts.isEmpty)
    }

    static let all = [
        curl, curlEmptyFile, curlNames, curlFormEscape, curlHeaders, requests, node, httpx, aiohttp, oldExplorer,
    ]

    @Test(arguments: all)
    func isUnderstood(_ sent: Sent) throws {
        let form = try ParsedForm(sent.body, boundary: sent.boundary)
        #expect(form.isGood)
        let parts = form.parts.map {
            Sent.Part(
                name: $0.headers.name,
                filename: $0.headers.filename,
                type: $0.headers.contentType,
                content: $0.text
            )
        }
        #expect(parts == sent.parts)
        #expect(form.parts.map(\.headers.isFile) == sent.parts.map { $0.filename != nil })
    }
}
