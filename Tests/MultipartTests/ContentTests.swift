import Multipart
import Testing

/// What is content, and what is a delimiter.
@Suite struct ContentTests {
    @Test(arguments: [
        "", "a", "\r", "\n", "\r\n", "\r\n\r\n", "-", "--", "\r\n-", "\r\n--", "\r\n--b", "\r\n--Bnot",
        "\r\n--B-", "\r\n--B-x", "\r\n--B x", "\r\n--B \t x\r\n", "\r\n--B\r", "\r\n--B\rx", "\r\n--B \r\r\n",
        "\r\n--B\n",
        "\r\n--B \r\r\n--Bx", "\r\n--\r\n--Bx", "\r\r\n--Bx", "\n--B\r\n", "\r--B\r\n", "\r\n -- B",
        "\r\n--B\r\r\n--B\0",
        "\r\n--B\(String(repeating: " ", count: 65))\r\n", "\0\u{1}\u{7f}",
    ])
    func whatOnlyResemblesADelimiterIsContent(_ content: String) throws {
        let body = formOfOneFile(content.utf8)
        for size in [1, 2, 3, 5, body.count] {
            let form = try ParsedForm(chunks(of: body, size: size))
            #expect(form.isGood)
            #expect(form.parts.count == 1)
            #expect(form.parts.first?.content == Array(content.utf8))
        }
    }

    @Test func aLongFileOfLookalikesIsKeptByteForByte() throws {
        let boundary = "------------------------bd80995c4e144b25"
        var content: [UInt8] = []
        for cut in 0...boundary.utf8.count + 4 {
            content += "\r\n--\(boundary)".utf8.prefix(cut)
            content += Array(repeating: UInt8(ascii: "x"), count: cut % 19 + 1)
        }
        let body = formOfOneFile(content, boundary: boundary)
        for size in [1, 7, 64, 1000, body.count] {
            let form = try ParsedForm(chunks(of: body, size: size), boundary: boundary)
            #expect(form.isGood)
            #expect(form.parts.first?.content == content)
        }
    }

    @Test(arguments: ["", " ", "\t", " \t \t", String(repeating: " ", count: 64)])
    func blanksMayFollowTheBoundary(_ blanks: String) throws {
        let form = try ParsedForm(
            "--B\(blanks)\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--B\(blanks)\r\n"
                + "Content-Disposition: form-data; name=b\r\n\r\n2\r\n--B--\(blanks)\r\n"
        )
        #expect(form.isGood)
        #expect(form.parts.map(\.text) == ["1", "2"])
    }

    @Test func anEmptyPartMayDoWithoutItsLineEnd() throws {
        let form = try ParsedForm(
            "--B\r\nContent-Disposition: form-data; name=a\r\n\r\n--B\r\n"
                + "Content-Disposition: form-data; name=b\r\n\r\n--B--"
        )
        #expect(form.isGood)
        #expect(form.parts.map(\.headers.name) == ["a", "b"])
        #expect(form.parts.map(\.text) == ["", ""])
    }

    @Test func contentThatBeginsLikeADelimiterKeepsOnlyItsOwnBytes() throws {
        let form = try ParsedForm(formOfOneFileText("--Bnot"))
        #expect(form.parts.map(\.text) == ["--Bnot"])
    }

    @Test(arguments: ["--B--", "--B--\r\n", "\r\n--B--\r\n", "preamble\r\n--B--", "--B-- \r\nepilogue"])
    func aBodyWithoutPartsEnds(_ body: String) throws {
        let form = try ParsedForm(body)
        #expect(form.isGood)
        #expect(form.parts.isEmpty)
    }

    @Test func manyFilesOfOneFieldKeepTheirOrder() throws {
        var body = ""
        for number in 0..<100 {
            body += "--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"\(number)\"\r\n\r\n\(number)\r\n"
        }
        let form = try ParsedForm(body + "--B--\r\n")
        #expect(form.isGood)
        #expect(form.parts.map(\.text) == (0..<100).map(String.init))
        #expect(form.parts.map(\.headers.filename) == (0..<100).map(String.init))
    }

    @Test(arguments: [
        "B", "a:b", "a b", "'()+_,-./:=?", "--", "----", String(repeating: "x", count: 70), "--B--", "\\\\",
    ])
    func boundariesOfAnyAlphabetSeparate(_ boundary: String) throws {
        let sent = boundary == "\\\\" ? "\\" : boundary
        let form = try ParsedForm(
            "--\(sent)\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--\(sent)\r\n"
                + "Content-Disposition: form-data; name=b\r\n\r\n2\r\n--\(sent)--\r\n",
            boundary: boundary
        )
        #expect(form.isGood)
        #expect(form.parts.map(\.text) == ["1", "2"])
    }

    @Test func contentIsASliceOfThePushedChunk() throws {
        let body = formOfOneFile(Array(repeating: 7, count: 1000))
        var parser = MultipartParser(boundary: try MultipartBoundary(contentType: "multipart/form-data; boundary=B"))
        parser.push(body[...])
        var slices: [ArraySlice<UInt8>] = []
        while let event = try parser.next() {
            if case .data(let slice) = event { slices.append(slice) }
        }
        try parser.finish()
        let slice = try #require(slices.first)
        #expect(slices.count == 1)
        #expect(body[slice.indices] == slice)
        let chunkBase = body.withUnsafeBytes(\.baseAddress)
        #expect(slice.withUnsafeBytes(\.baseAddress) == chunkBase.map { $0 + slice.startIndex })
    }

    private func formOfOneFileText(_ content: String) -> String {
        String(decoding: formOfOneFile(content.utf8), as: UTF8.self)
    }
}

/// `bytes` cut into chunks of `size`.
func chunks(of bytes: [UInt8], size: Int) -> [ArraySlice<UInt8>] {
    stride(from: 0, to: bytes.count, by: size).map { bytes[$0..<min($0 + size, bytes.count)] }
}
