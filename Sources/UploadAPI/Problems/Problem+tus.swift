import HTTPTypes

/// What is wrong with requests of tus clients.
extension Problem {
    /// Says which version is spoken.
    static let tusVersion: Self = {
        var problem = Self(
            .preconditionFailed,
            "tus-version",
            "The version of tus is not spoken.",
            detail: "The request needs Tus-Resumable: \(Tus.version)."
        )
        problem.headers[.tusVersion] = Tus.version
        return problem
    }()

    static func tusField(_ name: HTTPField.Name, _ detail: String) -> Self {
        Self(.badRequest, "tus-field", "A field of the request is invalid.", detail: "\(name.rawName): \(detail)")
    }

    static func tusOffset(expected: Int64, provided: Int64) -> Self {
        var problem = offsetMismatch(expected: expected, provided: provided)
        problem.headers[.uploadOffset] = String(expected)
        return problem
    }

    static func tusTooLarge(_ limit: Int64) -> Self {
        var problem = Self(
            .contentTooLarge,
            "too-large",
            "The file is too large.",
            detail: "A file may be at most \(limit) bytes.",
            limit: limit
        )
        problem.headers[.tusMaxSize] = String(limit)
        return problem
    }

    /// There is more content than the upload has room for.
    static func tusExceeded(_ length: Int64) -> Self {
        Self(
            .contentTooLarge,
            "upload-length-exceeded",
            "The content goes beyond the upload's length.",
            detail: "The upload is \(length) bytes long.",
            limit: length
        )
    }

    /// 400: a final upload names something that it cannot be made of.
    static func tusPieces(_ detail: String) -> Self {
        Self(.badRequest, "upload-pieces", "The upload cannot be made of these.", detail: detail)
    }

    static let noUpload = Self(
        .notFound,
        "not-found",
        "There is no such resource.",
        detail: "There is no such upload."
    )

    /// 460: the content is not what its checksum says, and nothing of it was kept.
    static let tusChecksumMismatch = Self(
        HTTPResponse.Status(code: 460, reasonPhrase: "Checksum Mismatch"),
        "checksum-mismatch",
        "The content is not what its checksum says.",
        detail: "Nothing of the content was kept: send it again."
    )

    /// An upload that is made of others takes no content.
    static let tusFinalUpload = Self(
        .forbidden,
        "final-upload",
        "The upload takes no content.",
        detail: "The upload is made of others."
    )
}
