/// A response as it came over the wire.
struct WireResponse: Sendable {
    let status: Int
    let headers: [(name: String, value: String)]
    let body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }
    var closes: Bool { self["connection"] == "close" }

    subscript(_ name: String) -> String? {
        headers.first { $0.name == name.lowercased() }?.value
    }

    /// Takes a complete response off the buffer's front.
    init?(takingFrom buffer: inout [UInt8], isHead: Bool = false) {
        guard let end = Self.headEnd(buffer) else { return nil }
        let lines = String(decoding: buffer[..<end], as: UTF8.self).split(separator: "\r\n")
        guard let first = lines.first, let code = Int(first.split(separator: " ").dropFirst().first ?? "") else {
            return nil
        }
        let fields = lines.dropFirst().map { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            return (
                name: parts[0].lowercased(), value: String(parts.count > 1 ? parts[1].drop { $0 == " " } : "")
            )
        }
        let start = end + 4
        var content: [UInt8] = []
        var total = start
        let hasBody = !isHead && code >= 200 && code != 204 && code != 304
        if hasBody, fields.contains(where: { $0.name == "transfer-encoding" && $0.value == "chunked" }) {
            guard let rest = Self.takeChunks(buffer[start...], into: &content) else { return nil }
            total = rest
        } else if hasBody {
            total += fields.first { $0.name == "content-length" }.flatMap { Int($0.value) } ?? 0
            guard buffer.count >= total else { return nil }
            content = Array(buffer[start..<total])
        }
        status = code
        headers = fields
        body = content
        buffer.removeFirst(total)
    }

    /// The index after the last chunk, or nil when more must come.
    private static func takeChunks(_ bytes: ArraySlice<UInt8>, into content: inout [UInt8]) -> Int? {
        var rest = bytes
        while let end = rest.firstIndex(of: 13), end + 1 < rest.endIndex {
            let line = String(decoding: rest[rest.startIndex..<end], as: UTF8.self)
            guard let size = Int(line, radix: 16), end + 2 + size + 2 <= rest.endIndex else { return nil }
            content += rest[(end + 2)..<(end + 2 + size)]
            rest = rest[(end + 2 + size + 2)...]
            if size == 0 { return rest.startIndex }
        }
        return nil
    }

    private static func headEnd(_ bytes: [UInt8]) -> Int? {
        var index = 0
        return bytes.withUnsafeBytes { bytes in
            while index + 4 <= bytes.count {
                if bytes[index] == 13, bytes[index + 1] == 10, bytes[index + 2] == 13, bytes[index + 3] == 10 {
                    return index
                }
                index += 1
            }
            return nil
        }
    }

    /// The responses in a connection's bytes, one after the other.
    static func all(in text: String) -> [WireResponse] {
        var bytes = Array(text.utf8)
        var responses: [WireResponse] = []
        while let response = WireResponse(takingFrom: &bytes) { responses.append(response) }
        return responses
    }
}
