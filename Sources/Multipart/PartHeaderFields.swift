/// Collects a part's header lines.
struct PartHeaderFields: Sendable {
    private var disposition: HeaderParameters?
    private var contentType: String?
    private var transferEncoding: String?
    private var contentDigest: String?
    private var contentMD5: String?

    /// Takes a line without its line end and without NUL.
    ///
    /// Browsers send the control characters of a file's name as they are, so a Content-Disposition may hold them.
    mutating func add(_ line: ArraySlice<UInt8>) throws(MultipartError) {
        let name = line.prefix(while: ASCII.isToken)
        // A name in `--` would be a delimiter in the wrong place: boundaries may hold a colon.
        guard !name.isEmpty, !name.starts(with: "--".utf8), name.endIndex < line.endIndex,
            line[name.endIndex] == ASCII.colon
        else {
            throw MultipartError(.malformedHeader, "A part header is not of the form name: value.")
        }
        let value = ASCII.trimmed(line[(name.endIndex + 1)...])
        let text = String(decoding: value, as: UTF8.self)
        let field = name.lowercasedString
        guard field == "content-disposition" || !value.contains(where: ASCII.isControl) else {
            throw MultipartError(.malformedHeader, "A part header holds a control character.")
        }
        switch field {
        case "content-disposition":
            guard disposition == nil else {
                throw MultipartError(.badDisposition, "A part has two Content-Disposition headers.")
            }
            disposition = try HeaderParameters(value, escapes: .quoteAndBackslash)
        case "content-type":
            try Self.set(&contentType, text)
        case "content-transfer-encoding":
            try Self.set(&transferEncoding, value.lowercasedString)
        case "content-digest":
            contentDigest = contentDigest.map { $0 + ", " + text } ?? text
        case "content-md5":
            try Self.set(&contentMD5, text)
        default:
            break
        }
    }

    /// The headers, once the blank line was seen.
    func headers() throws(MultipartError) -> PartHeaders {
        guard let disposition, disposition.type == "form-data" else {
            throw MultipartError(.badDisposition, "A part has no Content-Disposition of type form-data.")
        }
        let name: String?
        let filename: String?
        do {
            name = try disposition.only("name")
            filename = try disposition.only("filename")
        } catch {
            throw MultipartError(.badDisposition, error.message)
        }
        guard let name else {
            throw MultipartError(.badDisposition, "A part's Content-Disposition has no name.")
        }
        if let transferEncoding, !["binary", "8bit", "7bit"].contains(transferEncoding) {
            throw MultipartError(
                .unsupportedEncoding,
                "A part has a Content-Transfer-Encoding; only binary, 8bit and 7bit are understood."
            )
        }
        if let contentType, Self.mediaType(contentType) == "multipart/mixed" {
            throw MultipartError(
                .nestedMultipart,
                "A part is a nested multipart/mixed; send every file as a part of its own, under the same name."
            )
        }
        return PartHeaders(
            name: Self.unescaped(name),
            filename: filename.map(Self.unescaped),
            contentType: contentType,
            contentDigest: contentDigest,
            contentMD5: contentMD5
        )
    }

    private static func set(_ field: inout String?, _ value: String) throws(MultipartError) {
        guard field == nil else { throw MultipartError(.malformedHeader, "A part has the same header twice.") }
        field = value
    }

    private static func mediaType(_ contentType: String) -> String {
        ASCII.trimmed(Array(contentType.utf8.prefix { $0 != ASCII.semicolon })[...]).lowercasedString
    }

    /// Undoes what browsers escape in names: `%22`, `%0D` and `%0A`.
    private static func unescaped(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return text }
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%"), let decoded = escape(rest.prefix(2)) else {
                bytes.append(byte)
                continue
            }
            bytes.append(decoded)
            rest.removeFirst(2)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func escape(_ digits: ArraySlice<UInt8>) -> UInt8? {
        switch digits.lowercasedString {
        case "22": ASCII.quote
        case "0d": ASCII.carriageReturn
        case "0a": ASCII.lineFeed
        default: nil
        }
    }
}
