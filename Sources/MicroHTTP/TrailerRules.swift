import CMicroHTTPD
import HTTPTypes

/// What may stand behind a chunked body (RFC 9112 section 7.1.2).
enum TrailerRules {
    static let maximumFields = 32
    static let maximumBytes = 8 << 10

    /// Fields that would change how the request is framed or where it goes; a recipient ignores them there (RFC 9110
    /// section 6.5.1).
    private static let forbidden: Set<String> = [
        "content-length", "transfer-encoding", "host", "connection", "te", "trailer", "upgrade", "expect", "keep-alive",
    ]

    static func check(_ fields: [RequestHead.Field]) throws(Problem) -> HTTPFields {
        let size = fields.reduce(0) { $0 + $1.name.count + $1.value.count + 4 }
        guard fields.count <= maximumFields, size <= maximumBytes else {
            throw Problem(
                .requestHeaderFieldsTooLarge,
                "trailer-size",
                "The trailer section has more than \(maximumFields) fields or \(maximumBytes) bytes."
            )
        }
        var trailers: HTTPFields = [:]
        for field in fields {
            guard !field.name.isEmpty, field.name.allSatisfy(HTTPBytes.isToken),
                let name = HTTPField.Name(String(decoding: field.name, as: UTF8.self))
            else { throw Problem(.badRequest, "trailer-name", "The name of a trailer field is not a token.") }
            guard field.value.allSatisfy(HTTPBytes.isValue) else {
                throw Problem(.badRequest, "trailer-value", "The value of a trailer field holds a control character.")
            }
            if !forbidden.contains(name.canonicalName) {
                trailers.append(HTTPField(name: name, value: HTTPBytes.trimmed(field.value)))
            }
        }
        return trailers
    }

    /// In the library's first call behind the body, on its thread.
    static func trailers(of handle: LibraryConnection) throws(Problem) -> HTTPFields {
        var fields: [RequestHead.Field] = []
        withUnsafeMutablePointer(to: &fields) { fields in
            _ = MHD_get_connection_values_n(handle.pointer, .FOOTER_KIND, trailerFound, fields)
        }
        return try check(fields)
    }
}

private func trailerFound(
    context: UnsafeMutableRawPointer?,
    kind: MHD_ValueKind,
    name: UnsafePointer<CChar>?,
    nameSize: Int,
    value: UnsafePointer<CChar>?,
    valueSize: Int
) -> MHD_Result {
    guard let context else { return .NO }
    context.assumingMemoryBound(to: [RequestHead.Field].self).pointee.append(
        RequestHead.Field(
            name: UnsafeRawBufferPointer(start: name, count: name == nil ? 0 : nameSize),
            value: UnsafeRawBufferPointer(start: value, count: value == nil ? 0 : valueSize)
        )
    )
    return .YES
}
