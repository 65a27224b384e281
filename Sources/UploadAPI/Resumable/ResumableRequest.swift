import HTTPTypes

/// A request to a resumable upload's own resource.
enum ResumableRequest: Hashable, Sendable {
    /// HEAD or GET: how much is there?
    case retrieval
    case append(ResumableAppend)
    case cancellation

    static let methods = "GET, HEAD, PATCH, DELETE, OPTIONS"
    static let partialUpload = "application/partial-upload"

    /// `method` is that after any override.
    ///
    /// Throws what is wrong with the request in itself: 400, 405, 415.
    init(_ method: HTTPRequest.Method, _ fields: HTTPFields, in dialect: ResumableDialect) throws(Problem) {
        switch method {
        case .head, .get:
            try Self.requireStateless(fields, in: dialect)
            self = .retrieval
        case .patch:
            self = .append(try ResumableAppend(fields, in: dialect))
        case .delete:
            if dialect.forbidsState { try Self.requireStateless(fields, in: dialect) }
            self = .cancellation
        default:
            throw .methodNotAllowed(Self.methods)
        }
    }

    /// Such fields in a request that asks for them show that client and server misunderstand each other.
    private static func requireStateless(_ fields: HTTPFields, in dialect: ResumableDialect) throws(Problem) {
        guard fields.size(.uploadOffset) == nil, dialect.isComplete(fields) == nil,
            !dialect.forbidsState || fields.size(.uploadLength) == nil
        else { throw .unexpectedUploadState(in: dialect) }
    }
}

/// Content for a resumable upload.
struct ResumableAppend: Hashable, Sendable {
    let dialect: ResumableDialect
    let offset: Int64
    /// Whether the content is the last.
    let completes: Bool
    /// `Upload-Length`.
    let length: Int64?

    init(_ fields: HTTPFields, in dialect: ResumableDialect) throws(Problem) {
        self.dialect = dialect
        let type = (fields[.contentType] ?? "").prefix { $0 != ";" }.trimmingBlanks().lowercased()
        guard !dialect.needsPartialUploadType || type == ResumableRequest.partialUpload else {
            throw .partialUploadType
        }
        guard let offset = fields.size(.uploadOffset) else { throw .uploadFieldMissing(.uploadOffset) }
        self.offset = offset
        let completes = dialect.isComplete(fields)
        guard completes != nil || !dialect.needsCompleteness else { throw .uploadFieldMissing(.uploadComplete) }
        self.completes = completes ?? true
        length = fields.size(.uploadLength)
    }
}
