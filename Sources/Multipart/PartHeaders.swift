/// The headers of a part that have a meaning (RFC 7578 section 4); all others are ignored.
package struct PartHeaders: Hashable, Sendable {
    /// The field's name: an opaque string, decoded like `filename`.
    package let name: String

    /// The name the sender gives the file, path included: a hint that the caller must repair.
    ///
    /// nil for a plain field.
    /// Empty when a browser's form was sent without choosing a file. In quotes only `\"` and `\\` are escapes, then `%22`,
    /// `%0D` and `%0A` become the characters browsers encode so, and nothing else is percent-decoded (HTML, multipart
    /// form data encoding; a literal `%22` cannot be told from an escaped quote). Sequences that are not UTF-8 become
    /// U+FFFD. `filename*` never counts: RFC 7578 section 4.2 forbids it, so a part that has it alone is a plain field.
    package let filename: String?

    /// As sent; nil means `text/plain` for a field, `application/octet-stream` for a file.
    package let contentType: String?
    /// Content-Digest (RFC 9530) as sent, several lines joined by a comma.
    package let contentDigest: String?
    /// Content-MD5 as sent.
    package let contentMD5: String?

    package var isFile: Bool { filename != nil }
}
