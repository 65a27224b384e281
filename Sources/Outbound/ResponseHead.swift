import HTTPTypes

/// Reads the heads of the responses to one request: any number of interim ones, then the final one.
struct ResponseHead {
    private var status: HTTPResponse.Status?
    private var fields: HTTPFields = [:]
    private var isFinal = false

    enum Event {
        case more
        /// A response of the class 1xx.
        case interim(ClientResponse)
        case final(ClientResponse)
        /// No line of a head.
        case malformed
    }

    /// Takes a line with its line end.
    ///
    /// What follows the final head are trailers, which are not told.
    mutating func take(_ bytes: UnsafeRawBufferPointer) -> Event {
        guard !isFinal else { return .more }
        let line = String(decoding: bytes, as: UTF8.self).trimmingLineEnd()
        guard let status else {
            guard let status = Self.status(line) else { return .malformed }
            self.status = status
            fields = [:]
            return .more
        }
        guard line.isEmpty else {
            if let field = Self.field(line) { fields.append(field) }
            return .more
        }
        let response = ClientResponse(status: status, fields: fields)
        self.status = nil
        guard status.code >= 200 else { return .interim(response) }
        isFinal = true
        return .final(response)
    }

    /// `HTTP/1.1 201 Created`.
    private static func status(_ line: String) -> HTTPResponse.Status? {
        let parts = line.split(separator: " ", maxSplits: 2)
        guard parts.count >= 2, parts[0].hasPrefix("HTTP/"), let code = Int(parts[1]), (100...999).contains(code)
        else { return nil }
        return HTTPResponse.Status(code: code, reasonPhrase: parts.count > 2 ? String(parts[2]) : "")
    }

    /// Nil for a line that no field can be made of: it says nothing to us.
    private static func field(_ line: String) -> HTTPField? {
        guard let colon = line.firstIndex(of: ":"), let name = HTTPField.Name(String(line[..<colon])) else {
            return nil
        }
        let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
        return HTTPField(name: name, value: String(value))
    }
}

extension String {
    fileprivate func trimmingLineEnd() -> String {
        var scalars = unicodeScalars[...]
        while let last = scalars.last, last == "\r" || last == "\n" { scalars.removeLast() }
        return String(scalars)
    }
}
