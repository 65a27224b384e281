import IngestTesting
import Multipart
import Testing

/// The events do not depend on how the body was cut.
@Suite struct SplitTests {
    static let bodies: [(name: String, boundary: String, body: String)] =
        SenderTests.all.map { ($0.sender, $0.boundary, $0.body) } + [
            ("lookalikes", "B", file("\r\n--Bx\r\n--B \t \rx\r\n--B-\r\r\r\n--\r\n--Bnot\r\n--B \r\n--B")),
            ("preamble and epilogue", "B", "pre\r\n--Bx\r\namble\r\n" + file("x") + "\r\n--B\r\nepilogue"),
            ("short empty part", "B", "--B\r\nContent-Disposition: form-data; name=a\r\n\r\n--B--"),
            ("truncated", "B", String(file("abc").dropLast(3))),
            ("LF only", "B", "--B\nContent-Disposition: form-data; name=a\n\n1\n--B--\n"),
            ("bare CR in a header", "B", "--B\r\nA: b\rc\r\n\r\n"),
            ("no disposition", "B", "--B\r\nA: b\r\n\r\nx\r\n--B--"),
            ("text after the close", "B", file("x").dropLast() + "x\r\n"),
        ]

    private static func file(_ content: String) -> String {
        String(decoding: formOfOneFile(content.utf8), as: UTF8.self)
    }

    @Test(arguments: bodies.indices)
    func everyCutInTwoGivesTheSameForm(_ index: Int) throws {
        let (_, boundary, text) = Self.bodies[index]
        let body = Array(text.utf8)
        let whole = try ParsedForm([body[...]], boundary: boundary).summary
        for cut in 0...body.count {
            let form = try ParsedForm([body[..<cut], body[cut...]], boundary: boundary)
            #expect(form.summary == whole, "cut at \(cut)")
        }
    }

    @Test(arguments: bodies.indices, [1, 2, 3, 5, 13])
    func chunksOfOneSizeGiveTheSameForm(_ index: Int, _ size: Int) throws {
        let (_, boundary, text) = Self.bodies[index]
        let body = Array(text.utf8)
        let whole = try ParsedForm([body[...]], boundary: boundary).summary
        #expect(try ParsedForm(chunks(of: body, size: size), boundary: boundary).summary == whole)
    }

    @Test func everyCutInThreeGivesTheSameForm() throws {
        let body = Array(
            "--B\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n--B \t\rx\r\n--B \r\r\n--B--\r\ne".utf8
        )
        let whole = try ParsedForm([body[...]]).summary
        #expect(whole.isGood)
        #expect(whole.parts.map(\.text) == ["x\r\n--B \t\rx\r\n--B \r"])
        for first in 0...body.count {
            for second in first...body.count {
                let form = try ParsedForm([body[..<first], body[first..<second], body[second...]])
                #expect(form.summary == whole, "cut at \(first) and \(second)")
            }
        }
    }

    /// The content of a part whose bytes are `content` and a close delimiter, found the slow way.
    private func contentBeforeDelimiter(_ content: [UInt8]) -> [UInt8] {
        let bytes = Array("\r\n".utf8) + content + Array("\r\n--B--\r\n".utf8)
        let start = bytes.indices.first { start in
            var rest = bytes[start...]
            guard rest.starts(with: "\r\n--B".utf8) else { return false }
            rest = rest.dropFirst(5)
            return rest.starts(with: "--".utf8)
                || rest.drop { " \t".utf8.contains($0) }.starts(with: "\r\n".utf8)
        }
        return Array(bytes[2..<max(start ?? bytes.count, 2)])
    }

    @Test func randomMixturesOfDelimiterPiecesAreCutIndependently() throws {
        let pieces = ["\r", "\n", "\r\n", "-", "--", "B", "\r\n--B", " ", "\t", "x", "\r\n--B \r", "\r\n--B-"]
        var random = SeededGenerator(seed: 7)
        for _ in 0..<300 {
            var content: [UInt8] = []
            for _ in 0..<Int.random(in: 1...40, using: &random) {
                content += (pieces.randomElement(using: &random) ?? "").utf8
            }
            let body = formOfOneFile(content)
            let whole = try ParsedForm([body[...]])
            #expect(whole.parts.first?.content == contentBeforeDelimiter(content), "\(content)")
            for size in [1, 2, 3, 7] {
                let form = try ParsedForm(chunks(of: body, size: size))
                #expect(form.summary == whole.summary, "\(content)")
            }
        }
    }
}
