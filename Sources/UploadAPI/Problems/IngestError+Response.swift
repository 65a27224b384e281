import HTTPTypes
import Ingest

extension Problem {
    /// Maps what the ports throw to HTTP: this is the only place that does.
    init(_ error: IngestError) {
        guard error.code != .digestMismatch else {
            self = .mismatchedDigests(error.mismatches, detail: error.message)
            limit = error.limit
            return
        }
        let kind = Self.kind(of: error.code)
        self.init(kind.status, kind.rule, kind.title, detail: error.message, limit: error.limit)
        if let wait = error.retryAfter ?? Self.usualWait(after: error.code) {
            headers[.retryAfter] = Self.delay(wait)
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
        case .superseded: (.conflict, "superseded", "The body could not be read.")
        case .notFound: (.notFound, "not-found", "There is no such resource.")
        case .isDirectory: (.conflict, "is-directory", "The name is a directory's.")
        case .nameTaken: (.conflict, "name-taken", "The name is taken.")
        case .notOurs: (.conflict, "not-ours", "The file was put there or changed by others.")
        case .preconditionFailed: (.preconditionFailed, "precondition-failed", "A precondition does not hold.")
        case .forbidden: (.forbidden, "forbidden", "You may not do this.")
        case .tooLarge: (.contentTooLarge, "too-large", "The file is too large.")
        case .tooManyFiles: (.contentTooLarge, "too-many-files", "The form holds too many files.")
        case .quotaExceeded: (.insufficientStorage, "quota-exceeded", "The bucket's quota is used up.")
        case .noSpace: (.insufficientStorage, "no-space", "There is not enough free space.")
        case .noInodes: (.insufficientStorage, "no-inodes", "The filesystem can hold no more files.")
        case .tooManyUploads: (.serviceUnavailable, "too-many-uploads", "The server has no upload to spare.")
        case .tooManyUploadsFromAddress:
            (.tooManyRequests, "too-many-uploads-from-address", "Your address has no upload to spare.")
        case .busy: (.serviceUnavailable, "busy", "The server's record is locked for a moment.")
        case .outOfResources: (.serviceUnavailable, "out-of-resources", "The server is out of a resource.")
        case .undecided: (.serviceUnavailable, "undecided", "The file is being compared with its record.")
        case .stopping: (.serviceUnavailable, "stopping", "The server is stopping.")
        case .unhealthy: (.serviceUnavailable, "unhealthy", "The server's storage has failed.")
        case .outcomeUnknown:
            (.internalServerError, "outcome-unknown", "It is unknown whether the request took effect.")
        case .storageFailed: (.internalServerError, "storage-failed", "The server's storage failed.")
        }
    }

    /// What is told where the error itself does not know better; nil where trying again is no use.
    private static func usualWait(after code: IngestError.Code) -> Duration? {
        switch code {
        case .tooManyUploads, .tooManyUploadsFromAddress, .busy, .outOfResources, .undecided, .stopping: .seconds(5)
        case .quotaExceeded, .noSpace, .noInodes: .seconds(30)
        case .unhealthy: .seconds(60)
        default: nil
        }
    }

    /// Whole seconds (RFC 9110 section 10.2.3), at least one.
    static func delay(_ time: Duration) -> String {
        "\(max(1, Int64((time / .seconds(1)).rounded(.up))))"
    }
}

extension HTTPResponse.Status {
    /// RFC 4918 section 11.5.
    static let insufficientStorage = Self(code: 507, reasonPhrase: "Insufficient Storage")
}
