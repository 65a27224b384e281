import Digests
import HTTPTypes

/// The tus resumable upload protocol, version 1.0.0 (https://tus.io/protocols/resumable-upload).
enum Tus {
    static let version = "1.0.0"
    static let contentType = "application/offset+octet-stream"
    /// Without blanks in this and other lists: some clients split at commas and do not trim.
    static let extensions =
        "creation,creation-with-upload,creation-defer-length,expiration,checksum,checksum-trailer,termination,"
        + "concatenation,concatenation-unfinished"

    /// Whether a client says that it speaks tus, in whatever version.
    static func isSpoken(_ fields: HTTPFields) -> Bool { fields[.tusResumable] != nil }

    /// Throws 412 for a request in another version; OPTIONS needs none.
    static func requireVersion(_ fields: HTTPFields) throws(Problem) {
        guard fields[.tusResumable] == version else { throw .tusVersion }
    }

    /// Every answer to a tus client has it, also errors.
    static func mark(_ fields: inout HTTPFields) {
        fields[.tusResumable] = version
    }

    /// What OPTIONS tells; `maxSize` in bytes, nil for no limit.
    static func discovery(maxSize: Int64?) -> HTTPFields {
        var fields: HTTPFields = [:]
        mark(&fields)
        fields[.tusVersion] = version
        fields[.tusExtension] = extensions
        fields[.tusChecksumAlgorithm] = TusChecksum.algorithms.map(\.rawValue).joined(separator: ",")
        fields[.tusMaxSize] = maxSize.map(String.init)
        return fields
    }

    /// Whether the content of a request belongs to the upload; of other types it is ignored when an upload is created.
    static func isContent(_ fields: HTTPFields) -> Bool { fields[.contentType]?.lowercased() == contentType }

    /// A count of bytes: digits alone, at most 2^63 - 1.
    ///
    /// Nil for an absent field; throws 400 for any other value.
    static func size(_ name: HTTPField.Name, in fields: HTTPFields) throws(Problem) -> Int64? {
        guard let text = fields[name] else { return nil }
        guard !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) }), let size = Int64(text) else {
            throw .tusField(name, "It is a number of bytes, in digits.")
        }
        return size
    }
}
