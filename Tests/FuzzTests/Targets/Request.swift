import Ingest

@testable import MicroHTTP
@testable import UploadAPI

/// A head as the library leaves it in memory: the parts are slices of what was received.
private struct Head {
    var method: Range<Int> = 0..<0
    var target: Range<Int> = 0..<0
    var version: Range<Int> = 0..<0
    var fields: [(name: Range<Int>, value: Range<Int>)] = []
    var end = 0

    /// Nil for what the library answers itself, and for what it reads otherwise than it stands there, which the
    /// layout shows.
    init?(_ bytes: [UInt8]) {
        var lines: [Range<Int>] = []
        var start = 0
        while lines.last?.isEmpty != true {
            guard let end = bytes.indices.dropFirst(start).first(where: { bytes[$0...].starts(with: "\r\n".utf8) })
            else { return nil }
            lines.append(start..<end)
            start = end + 2
        }
        end = start
        guard lines.count > 1, let blank = bytes[lines[0]].firstIndex(of: 0x20),
            let last = bytes[lines[0]].lastIndex(of: 0x20), blank < last
        else { return nil }
        method = lines[0].lowerBound..<blank
        target = blank + 1..<last
        version = last + 1..<lines[0].upperBound
        guard !method.isEmpty, !target.isEmpty, ["HTTP/1.0", "HTTP/1.1"].contains(text(bytes, version)) else {
            return nil
        }
        for line in lines.dropFirst().dropLast() {
            guard let colon = bytes[line].firstIndex(of: 0x3A), colon > line.lowerBound else { return nil }
            let value = bytes[colon + 1..<line.upperBound].drop { $0 == 0x20 || $0 == 0x09 }
            fields.append((line.lowerBound..<colon, value.startIndex..<line.upperBound))
        }
    }
}

private func text(_ bytes: [UInt8], _ range: Range<Int>) -> String {
    String(decoding: bytes[range], as: UTF8.self)
}

func checkRequest(_ input: [UInt8]) throws {
    try checkTarget(input)
    guard let head = Head(input) else { return }
    try input.withUnsafeBytes { bytes in
        func slice(_ range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[range]) }
        var request = RequestHead(
            method: slice(head.method),
            target: Array(input[head.target]),
            version: slice(head.version)
        )
        request.fields = head.fields.map { .init(name: slice($0.name), value: slice($0.value)) }
        let layout = HeadLayout(
            target: UInt(bitPattern: bytes.baseAddress) + UInt(head.target.lowerBound),
            targetLength: head.target.count,
            headerSize: head.end
        )
        try hold(layout.isSound(request), "a head without gaps is sound")
        for index in request.fields.indices {
            var holed = request
            holed.fields.remove(at: index)
            try hold(!layout.isSound(holed), "a field that the library has lost leaves a gap")
        }
        guard let verdict = try? FramingRules.check(request) else { return }
        try checkAccepted(input, head, verdict)
    }
}

/// What everybody on the way must read in a head that is let through, said a second time.
private func checkAccepted(_ input: [UInt8], _ head: Head, _ verdict: FramingRules.Verdict) throws {
    let fields = head.fields.map { (name: text(input, $0.name).lowercased(), value: text(input, $0.value)) }
    func values(_ name: String) -> [String] { fields.filter { $0.name == name }.map(\.value) }
    let controls = input[..<head.end].filter { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F }
    try hold(controls.count == 2 * (fields.count + 2), "no control character but the line ends")
    let token = Set("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz".utf8)
    try hold(fields.allSatisfy { $0.name.utf8.allSatisfy(token.contains) }, "field names are tokens")
    try hold(!input[head.target].contains(0x20) && !input[head.target].contains(0x23), "the target has no blank, no #")
    try hold(values("host").count <= 1, "one Host")
    let lengths = values("content-length")
    let codings = values("transfer-encoding")
    try hold(lengths.count + codings.count <= 1, "one word on the length")
    if let length = lengths.first {
        try hold(length.utf8.allSatisfy { (48...57).contains($0) }, "a length is digits")
        try hold(verdict.length.declared == Int64(length), "the length is the one that is there")
    } else if let coding = codings.first {
        try hold(coding.lowercased() == "chunked" && verdict.length == .chunked, "the coding is chunked")
    } else {
        try hold(verdict.length.isEmpty, "no length, no body")
    }
}

private func checkTarget(_ input: [UInt8]) throws {
    let target = RequestTarget(bytes: input)
    if let query = try? target.query() {
        try hold(query.allSatisfy { !$0.name.utf8.contains(0) && !$0.value.utf8.contains(0) }, "no NUL in a query")
    }
    guard let segments = try? PercentDecoding.segments(ofPath: target.pathBytes),
        let path = BucketPath(lookingUp: segments)
    else { return }
    let encoded = Array("/\(path.percentEncoded)".utf8)
    try hold(try PercentDecoding.segments(ofPath: encoded) == segments, "a path survives its encoding")
    try hold(path.components.count == segments.count, "a segment is one component")
}
