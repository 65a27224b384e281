import HTTPTypes
import Ingest

extension Problem {
    /// Maps what the ports throw to HTTP: this is the only place that does.
    init(_ error: IngestError) {
        let kind = Self.kind(of: error.code)
        self.init(kind.status, kind.rule, kind.title, detail: error.message, limit: error.limit)
        if status == .serviceUnavailable {
            headers[.retryAfter] = error.code == .unhealthy ? "60" : "5"
        }
    }

    private static func kind(
        of code: IngestError.Code
    ) -> (status: HTTPResponse.Status, rule: String, title: String) {
        switch code {
        case .invalidName: (.badRequest, "invalid-name", "The name breaks a rule for names.")
        case .lengthMismatch: (.badRequest, "length-mismatch", "The body is not as long as declared.")
        case .digestMismatch: (.badRequest, "digest-mismatch", "The body is not what its digest says.")
        case .truncated: (.badRequest, "truncated", "The body ended early.")
        case .notFound: (.notFound, "not-found", "There is no such resource.")
        case .isDirectory: (.conflict, "is-directory", "The name is a directory's.")
        case .nameTaken: (.conflict, "name-taken", "The name is taken.")
        case .notOurs: (.conflict, "not-ours", "The file was put there or changed by others.")
        case .preconditionFailed: (.preconditionFailed, "precondition-failed", "A precondition does not hold.")
        case .tooLarge: (.contentTooLarge, "too-large", "The file is too large.")
        case .tooManyFiles: (.contentTooLarge, "too-many-files", "The form holds too many files.")
        case .quotaExceeded: (.insufficientStorage, "quota-exceeded", "The bucket's quota is used up.")
        case .noSpace: (.insufficientStorage, "no-space", "There is not enough free space.")
        case .busy: (.serviceUnavailable, "busy", "The server is at a limit.")
        case .stopping: (.serviceUnavailable, "stopping", "The server is stopping.")
        case .unhealthy: (.serviceUnavailable, "unhealthy", "The server's storage has failed.")
        case .outcomeUnknown:
            (.internalServerError, "outcome-unknown", "It is unknown whether the request took effect.")
        case .storageFailed: (.internalServerError, "storage-failed", "The server's storage failed.")
        }
    }
}

extension HTTPResponse.Status {
    /// RFC 4918 section 11.5.
    static let insufficientStorage = Self(code: 507, reasonPhrase: "Insufficient Storage")
}
