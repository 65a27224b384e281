import HTTPTypes

/// A request for a new upload (extension `creation`), whose content may come with it (`creation-with-upload`).
struct TusCreation: Hashable, Sendable {
    /// Nil until a later request tells; also for an upload that is made of others.
    let length: Int64?
    let metadata: TusMetadata?
    let concatenation: TusConcatenation?
    /// Whether the content of the request is the beginning of the upload's; else it is to be ignored.
    let hasContent: Bool
    let check: TusContentCheck

    /// Throws 400 for fields that are malformed or contradict each other, 413 for a length above `maxSize`.
    ///
    /// `content` is the `Content-Length`, nil for chunked content.
    init(_ fields: HTTPFields, content: Int64?, maxSize: Int64? = nil) throws(Problem) {
        metadata = try TusMetadata(fields[.uploadMetadata])
        concatenation = try TusConcatenation(fields[.uploadConcat])
        hasContent = Tus.isContent(fields) && content != 0
        check = hasContent ? try TusContentCheck(fields) : .none
        if case .final = concatenation {
            guard !hasContent else {
                throw .tusField(.uploadConcat, "An upload that is made of others has no content of its own.")
            }
            length = nil
            return
        }
        length = try Self.length(fields)
        if let length {
            try Tus.require(length, maxSize: maxSize)
            guard !hasContent || (content ?? 0) <= length else { throw .tusExceeded(length) }
        }
    }

    private static func length(_ fields: HTTPFields) throws(Problem) -> Int64? {
        let length = try Tus.size(.uploadLength, in: fields)
        guard let isDeferred = fields[.uploadDeferLength] else {
            guard let length else {
                throw .tusField(.uploadLength, "The request needs it, or Upload-Defer-Length: 1.")
            }
            return length
        }
        guard isDeferred == "1", length == nil else {
            throw .tusField(.uploadDeferLength, "It is 1, or Upload-Length is there.")
        }
        return nil
    }
}

/// Content for an upload.
struct TusAppend: Hashable, Sendable {
    let offset: Int64
    /// The length of an upload that was created without one; may be repeated.
    let length: Int64?
    let check: TusContentCheck

    /// Throws 415 for another media type, 400 for fields that are malformed.
    init(_ fields: HTTPFields) throws(Problem) {
        guard Tus.isContent(fields) else {
            throw .unsupportedMedia("Content for an upload has the type \(Tus.contentType).")
        }
        guard let offset = try Tus.size(.uploadOffset, in: fields) else {
            throw .tusField(.uploadOffset, "The request needs it.")
        }
        self.offset = offset
        length = try Tus.size(.uploadLength, in: fields)
        check = try TusContentCheck(fields)
    }

    /// The upload's length from this request on, given what is `known` of it.
    ///
    /// Throws 400 for a length that contradicts the known one or the offset, 413 for one above `maxSize`, and for content
    /// beyond it; `content` is the `Content-Length`, nil for chunked content.
    func length(known: Int64?, content: Int64?, maxSize: Int64? = nil) throws(Problem) -> Int64? {
        if let length {
            guard known == nil || known == length else { throw .tusField(.uploadLength, "It cannot change.") }
            guard length >= offset else { throw .tusField(.uploadLength, "There is more already.") }
            if known == nil { try Tus.require(length, maxSize: maxSize) }
        }
        let length = length ?? known
        let (end, overflows) = offset.addingReportingOverflow(content ?? 0)
        if let length, overflows || end > length { throw .tusExceeded(length) }
        if overflows { throw .tusExceeded(.max) }
        if length == nil { try Tus.require(end, maxSize: maxSize) }
        return length
    }
}

extension Tus {
    /// Throws 413 for more than `maxSize` bytes.
    static func require(_ length: Int64, maxSize: Int64?) throws(Problem) {
        guard let maxSize, length > maxSize else { return }
        throw .tusTooLarge(maxSize)
    }
}
