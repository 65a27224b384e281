/// The boundary parameter of a `multipart/form-data` Content-Type.
///
/// RFC 2046 section 5.1.1 allows 1 to 70 characters. The length is enforced; the alphabet is widened to printable ASCII,
/// because senders in use do not keep to it.
package struct MultipartBoundary: Hashable, Sendable {
    static let maximumLength = 70

    let bytes: [UInt8]

    /// Takes the value of the request's Content-Type header.
    ///
    /// Throws `notMultipart` for every other type, `badBoundary` for this type without one usable boundary.
    package init(contentType: String) throws(MultipartError) {
        let type = contentType.utf8.prefix { $0 != ASCII.semicolon }
        guard ASCII.trimmed(Array(type)[...]).elementsEqual("multipart/form-data".utf8, by: ASCII.equalIgnoringCase)
        else {
            throw MultipartError(.notMultipart, "The Content-Type is not multipart/form-data.")
        }
        let parameters: HeaderParameters
        do {
            parameters = try HeaderParameters(contentType, escapes: .everyByte)
        } catch {
            throw MultipartError(.badBoundary, "The parameters of the Content-Type are malformed.")
        }
        guard let boundary = try? parameters.only("boundary") else {
            throw MultipartError(.badBoundary, "The Content-Type must have exactly one boundary parameter.")
        }
        bytes = Array(boundary.utf8)
        guard (1...Self.maximumLength).contains(bytes.count) else {
            throw MultipartError(.badBoundary, "The boundary must have 1 to \(Self.maximumLength) characters.")
        }
        guard bytes.allSatisfy({ (0x20...0x7E).contains($0) }), bytes.last != ASCII.space else {
            throw MultipartError(.badBoundary, "The boundary must be printable ASCII and must not end in a space.")
        }
    }
}
