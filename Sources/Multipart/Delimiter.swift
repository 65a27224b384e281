/// What separates the parts of one body: CR LF `--` boundary, then blanks and CR LF, or `--` after the last part
/// (RFC 2046 section 5.1.1).
///
/// Followed by anything else, it is content.
///
/// A boundary holds no CR, so a delimiter can begin at a CR only, and within a delimiter that failed to match none can
/// begin: the search never goes back.
struct Delimiter: Sendable {
    /// CR LF `--` boundary, and one `-` more, the first of a close delimiter.
    let line: [UInt8]
    /// The length without that `-`.
    var count: Int { line.count - 1 }

    /// Blanks after the boundary, in bytes; with more of them it is content.
    ///
    /// RFC 2046 calls them transport padding and
    /// sets no bound, but what may turn out to be content has to be kept.
    static let maximumPadding = 64

    init(_ boundary: MultipartBoundary) {
        line = Array("\r\n--".utf8) + boundary.bytes + [ASCII.hyphen]
    }
}
