import HTTPTypes
import StructuredFields

/// What a client says about a file in `Upload-Metadata`; all of it hints.
struct TusMetadata: Hashable, Sendable {
    /// As the client sent it, and as it is told to who asks.
    let raw: String
    /// Bytes of the field: it is kept for as long as the upload.
    private static let sizeLimit = 8 << 10
    private let values: [String: [UInt8]]

    /// `nil` is an absent field; an empty one, which some clients always send, is the same as none.
    ///
    /// Throws 400 for a key that is none or comes twice, and for a value that is not Base64.
    init?(_ field: String?) throws(Problem) {
        guard let field, !field.trimmingBlanks().isEmpty else { return nil }
        guard field.utf8.count <= Self.sizeLimit else {
            throw .tusField(.uploadMetadata, "It has at most \(Self.sizeLimit) bytes.")
        }
        raw = field
        var values: [String: [UInt8]] = [:]
        for pair in field.split(separator: ",", omittingEmptySubsequences: false) {
            let (key, value) = try Self.read(pair.trimmingBlanks())
            guard values.updateValue(value, forKey: key) == nil else {
                throw .tusField(.uploadMetadata, "A key is there twice.")
            }
        }
        self.values = values
    }

    /// The value may be empty, and then the blank before it may be missing.
    private static func read(_ pair: String) throws(Problem) -> (String, [UInt8]) {
        let key = pair.prefix { $0 != " " }
        guard !key.isEmpty, key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw .tusField(.uploadMetadata, "A key is printable ASCII without blanks and commas.")
        }
        guard let value = Base64.decode(pair.dropFirst(key.count + 1)) else {
            throw .tusField(.uploadMetadata, "A value is Base64.")
        }
        return (String(key), value)
    }

    /// A value's bytes, which need not be text.
    subscript(key: String) -> [UInt8]? { values[key] }

    /// The first of the keys that holds some text.
    private func text(_ keys: String...) -> String? {
        keys.lazy.compactMap { values[$0] }.compactMap { String(validating: $0, as: UTF8.self) }.first { !$0.isEmpty }
    }

    /// `filename`, as most clients call it, or `name`.
    var filename: String? { text("filename", "name") }

    /// `filetype` or `type`.
    var contentType: String? { text("filetype", "type") }

    /// The file's path within a folder that is uploaded as a whole; some clients send the text `null` for none.
    var relativePath: String? { text("relativePath").flatMap { $0 == "null" ? nil : $0 } }
}
