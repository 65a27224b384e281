import Multipart
import Testing

/// No content makes the parser look at a byte more often than a fixed number of times, or hand out crumbs.
@Suite struct LinearityTests {
    static let units = [
        "\r", "\r\n", "\r\n-", "\r\n--", "\r\r\n-", "\r\n--B", "\r\n--Bx", "\r\n--B ", "\r\n--B-", "\r\n--B\r", "-",
        "a",
        "\r\n--B\(String(repeating: " ", count: 64))x", "--B\r\n", "\n",
    ]

    @Test(arguments: units, ["B", "------------------------bd80995c4e144b25", String(repeating: "-", count: 70)])
    func hostileContentIsComparedAtMostOnce(_ unit: String, boundary: String) throws {
        // Every `B` of the unit stands for the boundary.
        let bytes = Array(unit.replacingBoundary(with: boundary).utf8)
        let chunk = (0..<(1 << 16) / bytes.count).flatMap { _ in bytes }
        let body = formOfOneFile([UInt8](), boundary: boundary).dropLast(boundary.utf8.count + 8)
        let closing = Array("\r\r\n--\(boundary)--\r\n".utf8)
        let rounds = 4
        let pushed = [body[...]] + Array(repeating: chunk[...], count: rounds) + [closing[...]]
        let form = try ParsedForm(pushed, boundary: boundary)
        #expect(form.bytesCompared <= pushed.map(\.count).reduce(0, +))
        // A chunk, what the one before withheld (line, padding, CR).
        #expect(form.slices <= 5 * (rounds + 1))
        if form.isGood {
            #expect(form.parts.first?.content.count == rounds * chunk.count + 1)
        }
    }

    @Test(arguments: ["\r", "\r\n--", "\r\n--B x"])
    func oneByteChunksAreComparedAtMostOnce(_ unit: String) throws {
        let content = (0..<2000).flatMap { _ in Array(unit.utf8) }
        let body = formOfOneFile(content)
        let form = try ParsedForm(chunks(of: body, size: 1))
        #expect(form.isGood)
        #expect(form.parts.first?.content == content)
        #expect(form.bytesCompared <= body.count)
    }

    @Test func parametersAreReadInOnePass() throws {
        // A backtracking reader would need minutes.
        let backslashes = String(repeating: "\\", count: 1 << 20)
        #expect(throws: MultipartError.self) {
            try MultipartBoundary(contentType: "multipart/form-data; boundary=\"\(backslashes)")
        }
        let blanks = String(repeating: "; \t", count: 1 << 18)
        let boundary = try MultipartBoundary(contentType: "multipart/form-data\(blanks); boundary=B\(blanks)")
        #expect(boundary == (try MultipartBoundary(contentType: "multipart/form-data; boundary=B")))
    }
}

extension String {
    fileprivate func replacingBoundary(with boundary: String) -> String {
        split(separator: "B", omittingEmptySubsequences: false).joined(separator: boundary)
    }
}
