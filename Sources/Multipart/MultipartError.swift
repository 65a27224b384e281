/// Why a body, or a header value, was refused.
package struct MultipartError: Error, Hashable, Sendable {
    package enum Code: Hashable, Sendable {
        /// The Content-Type is not `multipart/form-data`.
        case notMultipart
        /// The boundary parameter is missing, given twice, empty, too long or not printable ASCII.
        case badBoundary
        /// More bytes before the first delimiter than the limit.
        case preambleTooLarge
        /// More bytes after the close delimiter than the limit.
        case epilogueTooLarge
        /// A part's header block is over its byte or line limit.
        case headersTooLarge
        case tooManyParts
        /// A part header, or a header value, that is not well-formed.
        case malformedHeader
        /// A line that ends in LF or CR alone where CRLF is required.
        case bareLineEnd
        /// Content-Disposition is missing, given twice, not `form-data`, or its parameters are unusable.
        case badDisposition
        /// A Content-Transfer-Encoding other than binary, 8bit and 7bit.
        case unsupportedEncoding
        /// A part that is itself a `multipart/mixed`.
        case nestedMultipart
        /// Something other than blanks and a line end follows the close delimiter on its line.
        case malformedClose
        /// The body ended before its close delimiter.
        case truncated
    }

    package let code: Code
    /// One sentence for the sender.
    ///
    /// It never holds bytes of the request.
    package let message: String
    /// The limit that was exceeded, bytes or a number, where it is one.
    package let limit: Int?

    init(_ code: Code, _ message: String, limit: Int? = nil) {
        self.code = code
        self.message = message
        self.limit = limit
    }
}
