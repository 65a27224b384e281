import HTTPTypes

/// Which of the protocols for uploads a request speaks.
///
/// Some clients put the fields of one protocol on requests of another: URLSession adds `Upload-Complete` to whatever it
/// sends as an upload task, also for a tus client. So the order in which they are asked matters.
enum UploadDispatch: Hashable, Sendable {
    /// What the target of a request is.
    enum Target: Hashable, Sendable {
        /// An upload's own resource.
        case upload
        /// Where files are created.
        case files
    }

    case tus(HTTPRequest.Method)
    /// A request for an upload's own resource.
    ///
    /// `asksPlainly` says that it speaks no protocol at all, as of a browser: HEAD and GET are then answered with the
    /// fields of both protocols.
    case resumable(HTTPRequest.Method, ResumableDialect, asksPlainly: Bool)
    case resumableCreation(ResumableCreation)
    /// OPTIONS: one answer for scripts of other sites, tus clients and resumable uploads.
    case discovery
    /// A form or a raw body in one piece.
    case plain

    /// `content` is the `Content-Length`, 0 for no content, nil for chunked content.
    ///
    /// Throws 412 for another version of tus, 400 for a resumable creation that contradicts itself.
    static func choose(
        _ method: HTTPRequest.Method,
        _ target: Target,
        _ fields: HTTPFields,
        content: Int64?
    ) throws(Problem) -> Self {
        guard method != .options else { return .discovery }
        if Tus.isSpoken(fields) {
            // tus creates with POST alone.
            guard target == .upload || method == .post else { return .plain }
            try Tus.requireVersion(fields)
            return .tus(effective(method, fields))
        }
        switch target {
        case .upload:
            // Whoever asks for an upload must mean it: a version that is not spoken is taken for the newest.
            let dialect = ResumableDialect(fields) ?? .newest
            let speaks = [.uploadDraftInteropVersion, .uploadComplete, .uploadIncomplete].contains { fields[$0] != nil }
            let effective = effective(method, fields)
            let asks = effective == .head || effective == .get
            return .resumable(effective, dialect, asksPlainly: asks && !speaks)
        case .files:
            return try ResumableCreation(fields, content: content).map(Self.resumableCreation) ?? .plain
        }
    }

    /// What OPTIONS tells clients of the upload protocols, beside the methods and what other sites may do.
    static func discovered(_ fields: HTTPFields, limits: ResumableLimits) -> HTTPFields {
        var answer = Tus.discovery(maxSize: limits.maxSize)
        let dialect = ResumableDialect(fields) ?? .newest
        answer[.uploadLimit] = limits.text(in: dialect) ?? limits.text(in: .newest)
        return answer
    }

    /// The method after `X-HTTP-Method-Override`, which stands in for methods that a client or a proxy on its way does
    /// not have: so it counts on POST alone, and for those methods alone.
    private static func effective(_ method: HTTPRequest.Method, _ fields: HTTPFields) -> HTTPRequest.Method {
        guard method == .post, let text = fields[.methodOverride], let override = HTTPRequest.Method(text),
            [.patch, .delete, .head].contains(override)
        else { return method }
        return override
    }
}
