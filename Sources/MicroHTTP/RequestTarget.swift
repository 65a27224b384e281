/// The target of a request line (RFC 9112 section 3.2); the path is left as it came, for whom it names something to
/// decode, once.
package struct RequestTarget: Sendable, Hashable {
    /// Which of the protocol's forms the target has.
    package enum Form: Sendable {
        /// `/path?query`
        case origin
        /// `http://host/path?query`, as clients of a proxy send it.
        case absolute
        /// `*`, for OPTIONS.
        case asterisk
        /// `host:port`, for CONNECT, or anything else that is no path.
        case authority
    }

    /// The target as it came; bytes that are not UTF-8 are replaced.
    package let raw: String
    package let form: Form
    /// The path, not decoded, without the query; empty for the asterisk and authority forms.
    ///
    /// Bytes that are not UTF-8 are replaced here: what names a resource must go by `pathBytes`.
    package let path: String
    /// Host and port of an absolute target, which replace the `Host` field (RFC 9112 section 3.2.2).
    package let authority: String?
    /// As `path`, byte for byte as it came.
    package let pathBytes: [UInt8]
    private let queryBytes: [UInt8]

    package init(_ raw: String) {
        self.init(bytes: Array(raw.utf8))
    }

    init(bytes: [UInt8]) {
        raw = String(decoding: bytes, as: UTF8.self)
        let parts = Self.split(bytes)
        form = parts.form
        authority = parts.authority.map { String(decoding: $0, as: UTF8.self) }
        let mark = parts.rest.firstIndex(of: UInt8(ascii: "?"))
        pathBytes = Array(parts.rest[..<(mark ?? parts.rest.endIndex)])
        queryBytes = mark.map { Array(parts.rest[($0 + 1)...]) } ?? []
        path = String(decoding: pathBytes, as: UTF8.self)
    }

    /// As it came, for logs: without the values of `ticket` in the query, which are credentials.
    package var withoutSecrets: String {
        guard let mark = raw.firstIndex(of: "?"), raw[mark...].contains("ticket") || raw[mark...].contains("%") else {
            return raw
        }
        let parameters = raw[raw.index(after: mark)...].split(separator: "&", omittingEmptySubsequences: false)
        let shown = parameters.map { parameter in
            let name = parameter.prefix { $0 != "=" }
            let decoded = (try? Self.decoded(Array(name.utf8)[...])) ?? []
            return decoded == Array("ticket".utf8) ? "\(name)=..." : String(parameter)
        }
        return String(raw[...mark]) + shown.joined(separator: "&")
    }

    /// The same for a target's bytes, which are as they came if there is nothing to hide.
    static func withoutSecrets(_ bytes: [UInt8]) -> [UInt8] {
        let target = Self(bytes: bytes)
        let shown = target.withoutSecrets
        return shown == target.raw ? bytes : Array(shown.utf8)
    }

    private static func split(
        _ bytes: [UInt8]
    ) -> (form: Form, authority: ArraySlice<UInt8>?, rest: ArraySlice<UInt8>) {
        if bytes.first == UInt8(ascii: "/") {
            return (.origin, nil, bytes[...])
        }
        if bytes == [UInt8(ascii: "*")] {
            return (.asterisk, nil, [])
        }
        for scheme in ["http://", "https://"] where bytes.count > scheme.utf8.count {
            let prefix = bytes[..<scheme.utf8.count]
            guard zip(prefix, scheme.utf8).allSatisfy({ $0 | 0x20 == $1 | 0x20 }) else { continue }
            let after = bytes[scheme.utf8.count...]
            let end = after.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? after.endIndex
            let rest = after[end...]
            if rest.first == UInt8(ascii: "/") {
                return (.absolute, after[..<end], rest)
            }
            return (.absolute, after[..<end], [UInt8(ascii: "/")] + rest)
        }
        return (.authority, nil, [])
    }

    /// The query's parameters in order, names and values percent-decoded once, `+` read as a space.
    package func query() throws(RequestTargetError) -> [(name: String, value: String)] {
        var parameters: [(name: String, value: String)] = []
        for parameter in queryBytes.split(separator: UInt8(ascii: "&")) {
            let equals = parameter.firstIndex(of: UInt8(ascii: "=")) ?? parameter.endIndex
            let name = try Self.text(try Self.decoded(parameter[..<equals]))
            let value = try Self.text(try Self.decoded(parameter[equals...].dropFirst()))
            parameters.append((name, value))
        }
        return parameters
    }

    private static func text(_ bytes: [UInt8]) throws(RequestTargetError) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .notUTF8 }
        return text
    }

    private static func decoded(_ bytes: ArraySlice<UInt8>) throws(RequestTargetError) -> [UInt8] {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var index = bytes.startIndex
        while index < bytes.endIndex {
            var byte = bytes[index]
            index += 1
            if byte == UInt8(ascii: "%") {
                guard index + 1 < bytes.endIndex, let high = hexadecimal(bytes[index]),
                    let low = hexadecimal(bytes[index + 1])
                else { throw .badEscape }
                byte = high << 4 | low
                index += 2
            } else if byte == UInt8(ascii: "+") {
                byte = UInt8(ascii: " ")
            }
            guard byte != 0 else { throw .nulByte }
            decoded.append(byte)
        }
        return decoded
    }

    private static func hexadecimal(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
