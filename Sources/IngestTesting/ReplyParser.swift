/// Reads responses out of a stream of bytes (RFC 9112): pure.
package struct ReplyParser {
    private enum Body {
        case length(Int)
        case chunked
        case untilEnd
    }

    private var bytes: [UInt8] = []
    private var position = 0
    private var current: (reply: Reply, body: Body)?

    /// What has arrived and belongs to no response yet.
    package var rest: [UInt8] { Array(bytes[position...]) }

    package init() {}

    package mutating func append(_ more: some Sequence<UInt8>) {
        if position > 0 {
            bytes.removeFirst(position)
            position = 0
        }
        bytes += more
    }

    /// The next whole response, or nil if more must arrive.
    ///
    /// An answer to HEAD has no body, whatever its fields say; at the end nothing more will arrive.
    package mutating func next(isAnswerToHead: Bool, isAtEnd: Bool) throws(LoopbackError) -> Reply? {
        if current == nil {
            guard let head = takeHead() else { return nil }
            let reply = try Self.parse(head)
            current = (reply, try Self.body(of: reply, isAnswerToHead: isAnswerToHead))
        }
        guard let body = current?.body else { return nil }
        let isWhole =
            switch body {
            case .length(let length): takeBody(length)
            case .untilEnd: takeRest(isAtEnd: isAtEnd)
            case .chunked: try takeChunks()
            }
        guard isWhole else { return nil }
        defer { current = nil }
        return current?.reply
    }

    private mutating func takeHead() -> String? {
        var end = position
        while end + 4 <= bytes.count {
            if bytes[end..<end + 4].elementsEqual([13, 10, 13, 10]) {
                defer { position = end + 4 }
                return String(decoding: bytes[position..<end], as: UTF8.self)
            }
            end += 1
        }
        return nil
    }

    private static func parse(_ head: String) throws(LoopbackError) -> Reply {
        var lines = head.split(separator: "\r\n", omittingEmptySubsequences: false)[...]
        let start = lines.removeFirst().split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard start.count >= 2, start[0].hasPrefix("HTTP/1."), let status = Int(start[1]), start[1].count == 3 else {
            throw LoopbackError(.malformed, "the response begins with \(start)")
        }
        var headers: [(name: String, value: String)] = []
        for line in lines {
            guard let colon = line.firstIndex(of: ":") else {
                throw LoopbackError(.malformed, "a response field without a colon: \(line)")
            }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            headers.append((String(line[..<colon]), String(value)))
        }
        return Reply(status: status, reason: start.count > 2 ? String(start[2]) : "", headers: headers)
    }

    private static func body(of reply: Reply, isAnswerToHead: Bool) throws(LoopbackError) -> Body {
        if isAnswerToHead || (100..<200).contains(reply.status) || [204, 304].contains(reply.status) {
            return .length(0)
        }
        if reply["Transfer-Encoding"]?.lowercased() == "chunked" { return .chunked }
        guard let length = reply["Content-Length"] else { return .untilEnd }
        guard let length = Int(length), length >= 0 else {
            throw LoopbackError(.malformed, "Content-Length: \(length)")
        }
        return .length(length)
    }

    private mutating func takeBody(_ length: Int) -> Bool {
        let missing = length - (current?.reply.body.count ?? 0)
        take(min(missing, bytes.count - position))
        return current?.reply.body.count == length
    }

    private mutating func takeRest(isAtEnd: Bool) -> Bool {
        take(bytes.count - position)
        return isAtEnd
    }

    private mutating func take(_ count: Int) {
        current?.reply.body += bytes[position..<position + count]
        position += count
    }

    /// Takes every whole chunk; trailer fields are read over.
    private mutating func takeChunks() throws(LoopbackError) -> Bool {
        while let line = line(at: position) {
            let text = String(decoding: line, as: UTF8.self).prefix { $0 != ";" }
            guard let size = Int(text, radix: 16), size >= 0 else {
                throw LoopbackError(.malformed, "a chunk's size is \(text)")
            }
            if size == 0 { return takeTrailer(from: line.endIndex + 2) }
            guard line.endIndex + 2 + size + 2 <= bytes.count else { return false }
            position = line.endIndex + 2
            take(size)
            guard bytes[position] == 13, bytes[position + 1] == 10 else {
                throw LoopbackError(.malformed, "a chunk is longer than its size")
            }
            position += 2
        }
        return false
    }

    private mutating func takeTrailer(from start: Int) -> Bool {
        var start = start
        while let line = line(at: start) {
            start = line.endIndex + 2
            if line.isEmpty {
                position = start
                return true
            }
        }
        return false
    }

    private func line(at start: Int) -> ArraySlice<UInt8>? {
        var end = start
        while end + 1 < bytes.count {
            if bytes[end] == 13 && bytes[end + 1] == 10 { return bytes[start..<end] }
            end += 1
        }
        return nil
    }
}
