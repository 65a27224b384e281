import HTTPTypes
import Ingest
import MicroHTTP
import StructuredFields

/// `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): a string, which many clients send without its quotes.
extension IdempotencyKey {
    /// Bytes of what a client may choose.
    static let lengthLimit = 255

    /// The key of a request, which counts for its sender, method and target alone.
    ///
    /// Nil where it has none; throws 400 for what is no key.
    init?(_ call: Call) throws(Problem) {
        guard let field = call.request.headers[.idempotencyKey] else { return nil }
        let text = try Self.text(of: field)
        let owner = Array((call.principal.name ?? "").utf8)
        let target = [Array(call.request.method.rawValue.utf8), Array(call.route.template.text.utf8)] + call.captures
        self.init(text, scope: [owner] + target)
    }

    static func text(of field: String) throws(Problem) -> String {
        let isQuoted = field.hasPrefix("\"")
        guard let text = isQuoted ? StructuredValue(field: field)?.string : field,
            (1...lengthLimit).contains(text.utf8.count), isQuoted || text.utf8.allSatisfy(isBare)
        else { throw .idempotencyKeyMalformed }
        return text
    }

    /// What needs no quotes: two field lines, which are joined by a comma, are no key.
    private static func isBare(_ byte: UInt8) -> Bool {
        (0x21...0x7E).contains(byte) && !#"",;\"#.utf8.contains(byte)
    }
}
