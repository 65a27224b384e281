import HTTPTypes

extension Problem {
    static let notFound = Self(
        .notFound,
        "not-found",
        "There is no such resource.",
        detail: "Nothing is there."
    )

    static let badEscape = Self(
        .badRequest,
        "malformed-target",
        "The request's target is malformed.",
        detail: "The target holds a percent sign that is not followed by two hexadecimal digits."
    )

    static func methodNotAllowed(_ allowed: String) -> Self {
        var problem = Self(
            .methodNotAllowed,
            "method-not-allowed",
            "The resource has no such method.",
            detail: "The resource has these methods: \(allowed)."
        )
        problem.headers[.allow] = allowed
        return problem
    }

    static func parameter(_ name: String, _ detail: String) -> Self {
        Self(.badRequest, "invalid-parameter", "A parameter is invalid.", detail: "\(name): \(detail)")
    }

    static func unsupportedMedia(_ detail: String) -> Self {
        Self(
            .unsupportedMediaType,
            "unsupported-media-type",
            "The body is of a kind that is not taken.",
            detail: detail
        )
    }

    /// Says in `Accept-Encoding` what would be taken (RFC 9110 section 15.5.16).
    static let contentEncoding: Self = {
        var problem = Self(
            .unsupportedMediaType,
            "content-encoding",
            "The body is encoded.",
            detail: "Files are stored as they come: send the body without Content-Encoding."
        )
        problem.headers[.acceptEncoding] = "identity"
        return problem
    }()

    static let contentRange = Self(
        .badRequest,
        "content-range",
        "A part of a file cannot be stored.",
        detail: "PUT takes whole files only: send the body without Content-Range."
    )

    static let nameless = Self(
        .badRequest,
        "nameless-upload",
        "The upload has no name.",
        detail: "Send a form (curl -F file=@NAME URL), name the file in the URL (curl -T NAME URL/files/), "
            + "or add Content-Disposition: attachment; filename=NAME."
    )

    static let urlencoded = Self(
        .unsupportedMediaType,
        "urlencoded-upload",
        "A urlencoded body holds no file.",
        detail: "Send a form (curl -F file=@NAME URL) or name the file in the URL (curl -T NAME URL/files/)."
    )

    static let noFile = Self(
        .badRequest,
        "form-without-file",
        "The form holds no file.",
        detail: "No part of the form is a file: choose one, or curl -F file=@NAME."
    )

    static func fieldTooLarge(_ limit: Int) -> Self {
        Self(
            .contentTooLarge,
            "form-field",
            "A field of the form is too large.",
            detail: "A field that is not a file may be at most \(limit) bytes.",
            limit: Int64(limit)
        )
    }

    static func bodyTooLarge(_ limit: Int) -> Self {
        Self(
            .contentTooLarge,
            "body-too-large",
            "The body is too large.",
            detail: "The body of this request may be at most \(limit) bytes.",
            limit: Int64(limit)
        )
    }
}
