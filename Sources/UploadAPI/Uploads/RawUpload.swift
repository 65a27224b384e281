import Digests
import HTTPTypes
import Ingest
import MicroHTTP
import Multipart

/// One file as the body of the request: PUT to its name, or POST with a `Content-Disposition`.
struct RawUpload: UploadProtocol {
    func speaks(_ upload: UploadRequest) -> Bool { true }

    func plan(_ upload: UploadRequest) throws -> any UploadPlan {
        let wanted = try intent(of: upload)
        var intent = try upload.uploader?.permitted(wanted) ?? wanted
        let awaited = AwaitedDigests(upload.request.headers)
        intent.awaitedDigests = awaited.algorithms
        if let length = intent.length {
            try upload.limits.requireSize(length)
        }
        return RawPlan(content: intent, awaited: awaited)
    }

    private func intent(of upload: UploadRequest) throws -> UploadIntent {
        let fields = upload.request.headers
        let length = upload.length
        let claims = try DigestFields.claims(in: fields)
        switch upload.target {
        case .form:
            throw upload.mediaType.isEmpty && length == 0
                ? Problem.noFile
                : Problem.unsupportedMedia("This resource takes forms only: curl -F file=@NAME URL.")
        case .file(let path, let precondition):
            return UploadIntent(
                destination: Destination(path: path, collision: .replace, precondition: precondition),
                length: length,
                claims: claims,
                contentType: UploadIntent.recordable(fields[.contentType], limit: 255)
            )
        case .directory(let directory):
            return try UploadIntent(
                named: try name(of: upload),
                in: directory,
                collision: upload.collision,
                length: length,
                claims: claims,
                contentType: fields[.contentType]
            )
        }
    }

    private func name(of upload: UploadRequest) throws -> String {
        switch upload.mediaType {
        case "application/x-www-form-urlencoded": throw Problem.urlencoded
        case let type where type.hasPrefix("multipart/"):
            throw Problem.unsupportedMedia("Of all multipart types only multipart/form-data is taken.")
        default: break
        }
        guard let field = upload.request.headers[.contentDisposition],
            let name = try ContentDisposition(field).filename, !name.isEmpty
        else { throw Problem.nameless }
        return name
    }
}

private struct RawPlan: UploadPlan {
    let content: UploadIntent
    let awaited: AwaitedDigests
    var intent: UploadIntent? { content }
    /// A body without a declared length has at least a byte, or costs nothing.
    var claim: Int64 { content.length ?? 1 }

    func receiver(of upload: UploadRequest, into batch: UploadBatch, file: Upload?) -> any UploadReceiver {
        guard let file else { preconditionFailure("a file is begun by its intent") }
        return RawReceiver(file: file, awaited: awaited, computed: content.digests.union([.sha256]))
    }
}

private final class RawReceiver: UploadReceiver {
    private let file: Upload
    private let awaited: AwaitedDigests
    private let computed: Set<DigestAlgorithm>

    init(file: Upload, awaited: AwaitedDigests, computed: Set<DigestAlgorithm>) {
        self.file = file
        self.awaited = awaited
        self.computed = computed
    }

    var executor: (any TaskExecutor)? { file.executor }

    func take(_ chunk: [UInt8]) async throws {
        try await file.append(chunk[...])
    }

    func finish(_ trailers: HTTPFields) async throws {
        try await file.finish(claims: try awaited.claims(in: trailers, computed: computed))
    }
}
