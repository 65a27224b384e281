import Multipart

/// Boundaries the first byte chooses from: the shortest, one of dashes only, a browser's, one of odd characters, the
/// longest.
private let boundaries = [
    "B", "--", "----WebKitFormBoundary7MA4YWxk", "' ()+_,./:=?", String(repeating: "x", count: 70),
]

/// What a parser made of a body.
private struct Outcome: Equatable {
    var parts: [PartHeaders] = []
    var contents: [[UInt8]] = []
    var hasEnded = false
    var error: MultipartError?

    init(_ chunks: some Sequence<ArraySlice<UInt8>>, _ boundary: MultipartBoundary) throws {
        var parser = MultipartParser(boundary: boundary)
        var pushed = 0
        do throws(MultipartError) {
            for chunk in chunks {
                parser.push(chunk)
                pushed += chunk.count
                while let event = try parser.next() {
                    switch event {
                    case .partBegin(let headers):
                        parts.append(headers)
                        contents.append([])
                    case .data(let bytes): contents[contents.count - 1] += bytes
                    case .partEnd: break
                    case .end: hasEnded = true
                    }
                }
            }
            try parser.finish()
        } catch {
            self.error = error
        }
        try hold(parser.bytesCompared <= pushed, "no byte is compared twice")
        if let error {
            try hold(repeated(&parser) == error, "an error is thrown again")
        } else {
            try hold(hasEnded, "a body without an error has its end")
        }
    }

    private func repeated(_ parser: inout MultipartParser) -> MultipartError? {
        parser.push([0x2D])
        do throws(MultipartError) {
            _ = try parser.next()
            return nil
        } catch {
            return error
        }
    }
}

func checkMultipart(_ input: [UInt8]) throws {
    guard input.count > 2 else { return }
    let boundary = boundaries[Int(input[0]) % boundaries.count]
    let seed = Int(input[1])
    let body = input[2...]
    let parsed = try MultipartBoundary(contentType: "multipart/form-data; boundary=\"\(boundary)\"")
    let whole = try Outcome([body], parsed)
    try hold(try Outcome(pieces(of: body, seed: seed), parsed) == whole, "the cuts do not matter")
    try hold(whole.contents.reduce(0) { $0 + $1.count } <= body.count, "content comes from the body")
    guard whole.error == nil else { return }
    for content in whole.contents {
        try hold(!holdsDelimiter(content, boundary), "no content holds a delimiter")
        let again = try Outcome([form(content, boundary)[...]], parsed)
        try hold(again.error == nil && again.contents == [content], "content that was taken from a form can be sent")
    }
}

/// Pieces of 0 to 15 bytes, or single bytes for the seed 0.
private func pieces(of body: ArraySlice<UInt8>, seed: Int) -> [ArraySlice<UInt8>] {
    var pieces: [ArraySlice<UInt8>] = []
    var rest = body
    var state = seed
    while !rest.isEmpty {
        state = (state &* 1_103_515_245 &+ 12_345) & 0x7FFF_FFFF
        let size = seed == 0 ? 1 : (state >> 16) % 16
        pieces.append(rest.prefix(size))
        rest = rest.dropFirst(size)
    }
    return pieces
}

/// The slow way, by RFC 2046 section 5.1.1, with as many blanks after the boundary as the parser takes.
private func holdsDelimiter(_ content: [UInt8], _ boundary: String) -> Bool {
    let delimiter = Array("\r\n--\(boundary)".utf8)
    // The line ends before the content and of the delimiter that ended it.
    let bytes = Array("\r\n".utf8) + content + Array("\r\n".utf8)
    return bytes.indices.contains { start in
        guard bytes[start...].starts(with: delimiter) else { return false }
        let rest = bytes[(start + delimiter.count)...]
        let blanks = rest.prefix { $0 == 0x20 || $0 == 0x09 }.count
        return rest.starts(with: "--".utf8) || (blanks <= 64 && rest.dropFirst(blanks).starts(with: "\r\n".utf8))
    }
}

private func form(_ content: [UInt8], _ boundary: String) -> [UInt8] {
    Array("--\(boundary)\r\nContent-Disposition: form-data; name=a\r\n\r\n".utf8) + content
        + Array("\r\n--\(boundary)--\r\n".utf8)
}
