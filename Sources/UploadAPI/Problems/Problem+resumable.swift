import HTTPTypes
import StructuredFields

/// What is wrong with requests of resumable uploads (draft-ietf-httpbis-resumable-upload).
extension Problem {
    /// 409: the upload goes on at `expected`.
    static func mismatchingUploadOffset(
        expected: Int64,
        provided: Int64,
        isComplete: Bool = false,
        in dialect: ResumableDialect
    ) -> Self {
        var problem = offsetMismatch(expected: expected, provided: provided)
        problem.headers.append(
            contentsOf: ResumableState(offset: expected, isComplete: isComplete).appended(in: dialect)
        )
        return problem
    }

    static func offsetMismatch(expected: Int64, provided: Int64) -> Self {
        var problem = Self(
            .conflict,
            "mismatching-upload-offset",
            "The offset is not the upload's.",
            detail: "The upload goes on at offset \(expected), and the request at \(provided)."
        )
        problem.isRegistered = true
        problem.members = [
            JSONMember(name: "expected-offset", value: .number(expected)),
            JSONMember(name: "provided-offset", value: .number(provided)),
        ]
        return problem
    }

    static func inconsistentUploadLength(in dialect: ResumableDialect) -> Self {
        var problem = Self(
            .badRequest,
            "inconsistent-upload-length",
            "The length is not the upload's.",
            detail: "Upload-Length and the content's own length must agree, in all requests of an upload."
        )
        problem.isRegistered = true
        dialect.setComplete(false, in: &problem.headers)
        return problem
    }

    static func completedUpload(offset: Int64, in dialect: ResumableDialect) -> Self {
        var problem = Self(
            .badRequest,
            "completed-upload",
            "The upload is complete.",
            detail: "Nothing can be appended to an upload that is complete."
        )
        problem.isRegistered = true
        problem.headers = ResumableState(offset: offset, isComplete: true).appended(in: dialect)
        return problem
    }

    static func unexpectedUploadState(in dialect: ResumableDialect) -> Self {
        Self(
            .badRequest,
            "unexpected-upload-state",
            "The request has fields of an answer.",
            detail:
                "Upload-Offset and \(dialect.completenessField.rawName) do not belong into a request of this method."
        )
    }

    static func uploadFieldMissing(_ name: HTTPField.Name) -> Self {
        Self(
            .badRequest,
            "upload-field-missing",
            "The request lacks a field.",
            detail: "The request needs a valid \(name.rawName) field."
        )
    }

    static let partialUploadType: Self = {
        var problem = unsupportedMedia("Content for an upload has the type \(ResumableRequest.partialUpload).")
        problem.headers[.acceptPatch] = ResumableRequest.partialUpload
        return problem
    }()

    static func uploadTooLarge(_ limit: Int64, limits: ResumableLimits, in dialect: ResumableDialect) -> Self {
        refusal(
            .contentTooLarge,
            "too-large",
            "The file is too large.",
            detail: "A file may be at most \(limit) bytes.",
            limit: limit,
            limits.text(in: dialect)
        )
    }

    static func contentTooLarge(_ limit: Int64, limits: ResumableLimits, in dialect: ResumableDialect) -> Self {
        refusal(
            .contentTooLarge,
            "append-too-large",
            "The content is too large.",
            detail: "The content of one request may be at most \(limit) bytes.",
            limit: limit,
            limits.text(in: dialect)
        )
    }

    static func contentTooSmall(_ limit: Int64, limits: ResumableLimits, in dialect: ResumableDialect) -> Self {
        refusal(
            .badRequest,
            "append-too-small",
            "The content is too small.",
            detail: "The content of a request that does not complete its upload is at least \(limit) bytes.",
            limit: limit,
            limits.text(in: dialect)
        )
    }

    /// The content goes beyond the length; from draft -06 on that ends the upload.
    static func uploadLengthExceeded(_ length: Int64, in dialect: ResumableDialect) -> Self {
        var problem = Self(
            .badRequest,
            "upload-length-exceeded",
            "The content goes beyond the upload's length.",
            detail: dialect.endsExceededUploads
                ? "The upload is \(length) bytes long, and is over by this."
                : "The upload is \(length) bytes long, and nothing of the content was kept.",
            limit: length
        )
        dialect.setComplete(false, in: &problem.headers)
        return problem
    }

    static func uploadFieldsTooLarge(_ limit: Int) -> Self {
        Self(
            .requestHeaderFieldsTooLarge,
            "upload-fields",
            "The fields are too large.",
            detail: "Fields that are kept for as long as an upload may have \(limit) bytes together.",
            limit: Int64(limit)
        )
    }

    /// 409: an upload takes content in the protocol that it was begun with.
    static let otherUploadProtocol = Self(
        .conflict,
        "upload-protocol",
        "The upload was begun with another protocol.",
        detail: "Content is taken in the protocol that the upload was created with."
    )

    private static func refusal(
        _ status: HTTPResponse.Status,
        _ rule: String,
        _ title: String,
        detail: String,
        limit: Int64,
        _ limits: String?
    ) -> Self {
        var problem = Self(status, rule, title, detail: detail, limit: limit)
        problem.headers[.uploadLimit] = limits
        return problem
    }
}
