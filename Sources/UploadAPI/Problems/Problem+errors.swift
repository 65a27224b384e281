import Access
import HTTPTypes
import Ingest
import MicroHTTP
import Multipart

extension Problem {
    /// The problem that whatever a route threw stands for.
    init(_ error: any Error) {
        switch error {
        case let problem as Problem: self = problem
        case let failure as UploadFailure:
            self.init(failure.cause)
            for field in failure.fields where headers[field.name] == nil {
                headers.append(field)
            }
        case let error as IngestError: self.init(error)
        case let error as AccessError: self.init(error)
        case let error as MultipartError: self.init(error)
        case let error as RequestBodyError: self.init(error)
        case is CancellationError: self.init(RequestBodyError(.disconnected))
        case let error as RequestTargetError:
            self.init(.badRequest, "malformed-target", "The request's target is malformed.", detail: error.message)
        default:
            self.init(
                .internalServerError,
                "internal-error",
                "The server failed.",
                detail: "The server failed; its log says why."
            )
        }
    }

    private init(_ error: MultipartError) {
        let (status, rule): (HTTPResponse.Status, String) =
            switch error.code {
            case .notMultipart: (.unsupportedMediaType, "not-multipart")
            case .badBoundary: (.badRequest, "form-boundary")
            case .preambleTooLarge: (.badRequest, "form-preamble")
            case .epilogueTooLarge: (.badRequest, "form-epilogue")
            case .headersTooLarge: (.badRequest, "form-part-headers")
            case .tooManyParts: (.contentTooLarge, "form-parts")
            case .malformedHeader: (.badRequest, "form-part-header")
            case .bareLineEnd: (.badRequest, "form-line-end")
            case .badDisposition: (.badRequest, "form-disposition")
            case .unsupportedEncoding: (.unsupportedMediaType, "form-encoding")
            case .nestedMultipart: (.unsupportedMediaType, "form-nested")
            case .malformedClose: (.badRequest, "form-end")
            case .truncated: (.badRequest, "form-truncated")
            }
        let title = status == .contentTooLarge ? "The form is too large." : "The form is malformed."
        self.init(status, rule, title, detail: error.message, limit: error.limit.map(Int64.init))
    }

    private init(_ error: RequestBodyError) {
        let (status, rule): (HTTPResponse.Status, String) =
            switch error.code {
            case .disconnected, .truncated: (.badRequest, "truncated")
            case .tooSlow: (.requestTimeout, "minimum-rate")
            case .timedOut: (.requestTimeout, "upload-time")
            case .shuttingDown: (.serviceUnavailable, "stopping")
            case .malformed: (.badRequest, "malformed-body")
            case .interrupted: (.conflict, "superseded")
            }
        self.init(status, rule, "The body could not be read.", detail: error.description)
        headers[.connection] = "close"
        if status == .serviceUnavailable {
            headers[.retryAfter] = Self.delay(.seconds(5))
        }
    }
}
