import Testing

/// A request as it goes over the wire, and what it must come to.
struct WireCase: Sendable, CustomTestStringConvertible {
    enum Outcome: Sendable {
        /// One answer of one of these statuses; nothing is stored.
        case refused(Set<Int>)
        /// No success, perhaps no answer; nothing is stored.
        case dropped
        /// One answer of one of these statuses, and these files.
        case stored(Set<Int>, [String: [UInt8]])
    }

    let name: String
    let request: [UInt8]
    let outcome: Outcome
    /// Whether the client ends its direction after the request.
    var isCutShort = false
    /// What the answer must say.
    var text = ""

    var testDescription: String { name }

    init(_ name: String, _ request: [UInt8], _ outcome: Outcome) {
        self.name = name
        self.request = request
        self.outcome = outcome
    }

    init(_ name: String, _ request: String, _ outcome: Outcome) {
        self.init(name, Array(request.utf8), outcome)
    }

    /// With the connection's end after the answer, so that whatever follows the answer is seen.
    static func put(
        _ target: String,
        _ fields: String = "",
        _ outcome: Outcome = .refused([400])
    ) -> Self {
        let head = "PUT \(target) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        return Self("\(target) \(fields)", "\(head)\(fields)Content-Length: 1\r\n\r\nx", outcome)
    }

    static func form(
        _ name: String,
        _ body: String,
        type: String = "multipart/form-data; boundary=B",
        _ outcome: Outcome = .refused([400])
    ) -> Self {
        let head = "POST /upload-file HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: \(type)\r\n"
        return Self(name, "\(head)Content-Length: \(body.utf8.count)\r\n\r\n\(body)", outcome)
    }

    /// A part that holds `abc`, named `a`, with its line end.
    static let part = part(named: "a")

    static func part(named name: String) -> String {
        "Content-Disposition: form-data; name=\"f\"; filename=\"\(name)\"\r\n\r\nabc\r\n"
    }

    func saying(_ text: String) -> Self {
        var copy = self
        copy.text = text
        return copy
    }

    func cutShort() -> Self {
        var copy = self
        copy.isCutShort = true
        return copy
    }
}

/// Cases for one daemon, in their order.
struct WireTable: Sendable, CustomTestStringConvertible {
    let name: String
    let rows: [WireCase]
    var testDescription: String { name }

    init(_ name: String, _ rows: [WireCase]) {
        self.name = name
        self.rows = rows
    }
}
