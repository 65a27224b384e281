import Multipart

/// What the parser made of a body, independent of where content was cut.
struct ParsedForm: Hashable {
    struct Part: Hashable {
        var headers: PartHeaders
        var content: [UInt8] = []
        var isWhole = false

        var text: String { String(decoding: content, as: UTF8.self) }
    }

    var parts: [Part] = []
    var hasEnded = false
    var error: MultipartError?
    /// `data` events.
    var slices = 0
    var bytesCompared = 0

    /// Pushes the chunks one after the other and ends the body.
    init(
        _ chunks: some Sequence<ArraySlice<UInt8>>,
        boundary: String = "B",
        limits: MultipartLimits = MultipartLimits()
    ) throws {
        let boundary = try MultipartBoundary(contentType: "multipart/form-data; boundary=\"\(boundary)\"")
        var parser = MultipartParser(boundary: boundary, limits: limits)
        do throws(MultipartError) {
            for chunk in chunks {
                parser.push(chunk)
                while let event = try parser.next() { add(event) }
            }
            try parser.finish()
        } catch {
            self.error = error
        }
        bytesCompared = parser.bytesCompared
    }

    init(_ body: String, boundary: String = "B", limits: MultipartLimits = MultipartLimits()) throws {
        try self.init([Array(body.utf8)[...]], boundary: boundary, limits: limits)
    }

    private mutating func add(_ event: MultipartEvent) {
        let open = parts.indices.last
        switch event {
        case .partBegin(let headers):
            parts.append(Part(headers: headers))
        case .data(let bytes):
            slices += 1
            if let open { parts[open].content += bytes }
        case .partEnd:
            if let open { parts[open].isWhole = true }
        case .end:
            hasEnded = true
        }
    }

    /// Without what may depend on the cuts.
    var summary: ParsedForm {
        var summary = self
        summary.slices = 0
        summary.bytesCompared = 0
        return summary
    }

    var isGood: Bool { error == nil && hasEnded && parts.allSatisfy(\.isWhole) }
}

/// A body with one file part, whose content is given.
func formOfOneFile(_ content: some Sequence<UInt8>, boundary: String = "B") -> [UInt8] {
    var body = Array("--\(boundary)\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x\"\r\n\r\n".utf8)
    body += content
    body += "\r\n--\(boundary)--\r\n".utf8
    return body
}
