import Multipart
import Testing

/// Bodies that are refused, and why.
@Suite struct RefusalTests {
    struct Refused: Sendable, CustomTestStringConvertible {
        var body: String
        var code: MultipartError.Code
        var testDescription: String { body.debugDescription }
    }

    static func headers(_ lines: String...) -> String {
        "--B\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\nx\r\n--B--\r\n"
    }

    static let disposition = "Content-Disposition: form-data; name=\"f\"; filename=\"x\""

    static let bodies: [Refused] = [
        .init(body: "", code: .truncated),
        .init(body: "x", code: .truncated),
        .init(body: "--B", code: .truncated),
        .init(body: "--B\r\n", code: .truncated),
        .init(body: "--B\r\n\(disposition)\r\n", code: .truncated),
        .init(body: "--B\r\n\(disposition)\r\n\r\nabc", code: .truncated),
        .init(body: "--B\r\n\(disposition)\r\n\r\nabc\r\n--B", code: .truncated),
        .init(body: "--B\r\n\(disposition)\r\n\r\nabc\r\n--B-", code: .truncated),
        .init(body: "--B\r\n\(disposition)\r\n\r\nabc\r\n--B\r\n", code: .truncated),
        .init(body: "--C\r\n\(disposition)\r\n\r\nabc\r\n--C--\r\n", code: .truncated),
        .init(body: "--B\n\(disposition)\n\nabc\n--B--\n", code: .bareLineEnd),
        .init(body: "--B\r\n\(disposition)\n\r\nabc\r\n--B--\r\n", code: .bareLineEnd),
        .init(body: "--B\r\n\(disposition)\rX: y\r\n\r\nabc\r\n--B--\r\n", code: .bareLineEnd),
        .init(body: headers(disposition).dropLast() + "x", code: .malformedClose),
        .init(body: headers(disposition).dropLast() + "\n", code: .malformedClose),
        .init(body: headers(disposition).dropLast() + "\rx", code: .malformedClose),
        .init(body: headers(disposition, " folded"), code: .malformedHeader),
        .init(body: headers(" " + disposition), code: .malformedHeader),
        .init(body: headers(disposition, "no colon"), code: .malformedHeader),
        .init(body: headers(disposition, "Name : value"), code: .malformedHeader),
        .init(body: headers(disposition, ": value"), code: .malformedHeader),
        .init(body: headers(disposition, "--B"), code: .malformedHeader),
        .init(body: headers(disposition, "--B: x"), code: .malformedHeader),
        .init(body: headers(disposition, "X: a\0b"), code: .malformedHeader),
        .init(body: headers(disposition, "X: a\u{1b}b"), code: .malformedHeader),
        .init(body: headers(disposition, "X: a\u{7f}b"), code: .malformedHeader),
        .init(body: headers("Content-Disposition: form-data; name=\"f"), code: .malformedHeader),
        .init(body: headers("Content-Disposition: form-data; name"), code: .malformedHeader),
        .init(body: headers("Content-Disposition: form-data; name="), code: .malformedHeader),
        .init(body: headers("Content-Disposition: form-data; name=a b"), code: .malformedHeader),
        .init(body: headers("Content-Disposition: form-data; name=\"a\"b"), code: .malformedHeader),
        .init(body: headers("Content-Disposition: ; name=a"), code: .malformedHeader),
        .init(body: headers(disposition, "Content-Type: a/b", "content-type: c/d"), code: .malformedHeader),
        .init(body: headers("X: y"), code: .badDisposition),
        .init(body: headers(), code: .badDisposition),
        .init(body: headers(disposition, disposition), code: .badDisposition),
        .init(body: headers("Content-Disposition: form-data"), code: .badDisposition),
        .init(body: headers("Content-Disposition: form-data; filename=x"), code: .badDisposition),
        .init(body: headers("Content-Disposition: attachment; name=f; filename=x"), code: .badDisposition),
        .init(body: headers("Content-Disposition: form-data; name=a; name=b"), code: .badDisposition),
        .init(body: headers("Content-Disposition: form-data; name=a; NAME=b"), code: .badDisposition),
        .init(body: headers("Content-Disposition: form-data; name=a; filename=x; filename=y"), code: .badDisposition),
        .init(body: headers(disposition, "Content-Transfer-Encoding: base64"), code: .unsupportedEncoding),
        .init(body: headers(disposition, "Content-Transfer-Encoding: quoted-printable"), code: .unsupportedEncoding),
        .init(body: headers(disposition, "Content-Transfer-Encoding:"), code: .unsupportedEncoding),
        .init(body: headers(disposition, "Content-Type: multipart/mixed; boundary=C"), code: .nestedMultipart),
        .init(
            body: headers("Content-Disposition: form-data; name=f", "Content-Type: Multipart/Mixed"),
            code: .nestedMultipart
        ),
    ]

    @Test(arguments: bodies)
    func isRefused(_ refused: Refused) throws {
        let body = Array(refused.body.utf8)
        for size in [1, 4, max(body.count, 1)] {
            let form = try ParsedForm(chunks(of: body, size: size))
            #expect(form.error?.code == refused.code)
        }
    }

    @Test func theErrorIsThrownAgain() throws {
        var parser = MultipartParser(boundary: try MultipartBoundary(contentType: "multipart/form-data; boundary=B"))
        parser.push(Array("--B\r\n folded".utf8)[...])
        let first = try #require(throws: MultipartError.self) { try parser.next() }
        #expect(first.code == .malformedHeader)
        #expect(throws: first) { try parser.next() }
        parser.push(Array("\r\n--B--\r\n".utf8)[...])
        #expect(throws: first) { try parser.next() }
        #expect(throws: first) { try parser.finish() }
    }

    @Test(arguments: [0, 1, 1000])
    func thePreambleHasALimit(_ chunk: Int) throws {
        func form(_ preamble: Int) throws -> ParsedForm {
            let body = Array(repeating: UInt8(ascii: "\r"), count: preamble) + Array("\r\n--B--".utf8)
            return try ParsedForm(chunks(of: body, size: chunk == 0 ? body.count : chunk))
        }
        #expect(try form(16 * 1024).isGood)
        #expect(try form(16 * 1024 + 1).error?.code == .preambleTooLarge)
        #expect(try form(100_000).error?.code == .preambleTooLarge)
    }

    @Test(arguments: [0, 1, 1000])
    func theEpilogueHasALimit(_ chunk: Int) throws {
        func form(_ epilogue: Int) throws -> ParsedForm {
            let body = formOfOneFile("x".utf8) + Array(repeating: UInt8(ascii: "\n"), count: epilogue)
            return try ParsedForm(chunks(of: body, size: chunk == 0 ? body.count : chunk))
        }
        #expect(try form(100).isGood)
        #expect(try form(64 * 1024 - 2).isGood)
        #expect(try form(64 * 1024).error?.code == .epilogueTooLarge)
    }

    @Test func endlessBlanksAfterTheCloseDelimiterCountAsEpilogue() throws {
        let body = formOfOneFile("x".utf8).dropLast(2) + Array(repeating: UInt8(ascii: " "), count: 64 * 1024 + 1)
        #expect(try ParsedForm([body]).error?.code == .epilogueTooLarge)
    }

    @Test func partHeadersHaveLimits() throws {
        func form(count: Int, length: Int) throws -> ParsedForm {
            let line = "X: " + String(repeating: "y", count: length)
            let lines = Array(repeating: line, count: count - 1).map { $0 + "\r\n" }.joined()
            return try ParsedForm("--B\r\n\(Self.disposition)\r\n\(lines)\r\nx\r\n--B--")
        }
        #expect(try form(count: 16, length: 10).isGood)
        #expect(try form(count: 17, length: 10).error?.code == .headersTooLarge)
        #expect(try form(count: 2, length: 16 * 1024 - 100).isGood)
        #expect(try form(count: 2, length: 16 * 1024).error?.code == .headersTooLarge)
        let endless = "--B\r\n" + String(repeating: "a", count: 20_000)
        #expect(try ParsedForm(endless).error?.code == .headersTooLarge)
    }

    @Test func partsHaveALimit() throws {
        func form(_ count: Int) throws -> ParsedForm {
            let part = "--B\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n"
            return try ParsedForm(String(repeating: part, count: count) + "--B--")
        }
        #expect(try form(1000).isGood)
        #expect(try form(1001).error?.code == .tooManyParts)
        var limits = MultipartLimits()
        limits.parts = 0
        #expect(try ParsedForm("--B--", limits: limits).isGood)
        #expect(try ParsedForm("--B\r\n", limits: limits).error?.code == .tooManyParts)
    }
}
