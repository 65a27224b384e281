/// What is known of the length of an upload that comes in several requests: a pure state machine.
///
/// A request may say the length twice, as `Upload-Length` and as the end of the content that completes the upload; all
/// requests of an upload must agree.
struct UploadLength: Hashable, Sendable {
    enum Violation: Error, Hashable, Sendable {
        /// The request contradicts itself or an earlier one; the upload is as it was.
        case inconsistent
        /// There is more content than the length allows. The upload must not be used any further (`ResumableDialect`
        /// knows from which draft on).
        case exceeded
    }

    /// Nil as long as nobody has said it.
    private(set) var known: Int64?

    init(known: Int64? = nil) {
        self.known = known
    }

    /// The header section of a request whose content goes on at `offset`.
    ///
    /// `declared` is the `Upload-Length`, `content` the `Content-Length`, nil for a chunked body. When it throws, nothing
    /// is learnt.
    mutating func begin(
        at offset: Int64,
        declared: Int64?,
        content: Int64?,
        completes: Bool
    ) throws(Violation) {
        var length = known
        if let declared {
            guard declared >= offset, length == nil || length == declared else { throw .inconsistent }
            length = declared
        }
        guard let content else {
            known = length
            return
        }
        let (end, overflows) = offset.addingReportingOverflow(content)
        guard !overflows else { throw .exceeded }
        if let length {
            guard end <= length else { throw .exceeded }
            guard !completes || end == length else { throw .inconsistent }
        }
        known = completes ? end : length
    }

    /// Bytes that may still come after `offset`; nil for any number.
    func room(after offset: Int64) -> Int64? {
        known.map { max(0, $0 - offset) }
    }

    /// Throws when content that has been received goes beyond the length, whatever its `Content-Length` was.
    func require(_ offset: Int64) throws(Violation) {
        if let known, offset > known { throw .exceeded }
    }

    /// The content of a request that ends at `offset` is there as a whole.
    ///
    /// Returns whether the upload is complete by that: its offset alone does not make it so.
    mutating func end(at offset: Int64, completes: Bool) throws(Violation) -> Bool {
        try require(offset)
        guard completes else { return false }
        guard known == nil || known == offset else { throw .inconsistent }
        known = offset
        return true
    }
}
