import HTTPTypes
import Ingest
import MicroHTTP
import Multipart

/// `multipart/form-data` (RFC 7578): any number of files in any fields.
struct FormUpload: UploadProtocol {
    func speaks(_ upload: UploadRequest) -> Bool {
        if case .file = upload.target { return false }
        return upload.mediaType == "multipart/form-data"
    }

    func plan(_ upload: UploadRequest) throws -> any UploadPlan {
        let boundary = try MultipartBoundary(contentType: upload.request.headers[.contentType] ?? "")
        let limits = FormLimits(upload.limits)
        let length = upload.length
        if let length {
            try limits.requireSize(length)
        }
        return FormPlan(
            boundary: boundary,
            directory: upload.directory,
            limits: limits.parser,
            claims: try DigestFields.claims(in: upload.request.headers),
            awaited: AwaitedDigests(upload.request.headers),
            claim: FormLimits.content(ofBody: length)
        )
    }
}

private struct FormPlan: UploadPlan {
    let boundary: MultipartBoundary
    let directory: BucketPath?
    let limits: MultipartLimits
    /// What the body hashes to, as it is sent: the form with all that is around its files.
    let claims: [DigestClaim]
    let awaited: AwaitedDigests
    let claim: Int64
    /// A form names its files in its body.
    var intent: UploadIntent? { nil }

    func receiver(of upload: UploadRequest, into batch: UploadBatch, file: Upload?) -> any UploadReceiver {
        FormReceiver(
            parser: MultipartParser(boundary: boundary, limits: limits),
            files: FormFiles(batch: batch, directory: directory, collision: upload.collision),
            verification: batch.verification(of: claims, awaiting: awaited.algorithms),
            awaited: awaited
        )
    }
}

private final class FormReceiver: UploadReceiver {
    private var parser: MultipartParser
    private var files: FormFiles
    private let verification: BodyVerification?
    private let awaited: AwaitedDigests

    init(
        parser: MultipartParser,
        files: FormFiles,
        verification: BodyVerification?,
        awaited: AwaitedDigests
    ) {
        self.parser = parser
        self.files = files
        self.verification = verification
        self.awaited = awaited
    }

    var executor: (any TaskExecutor)? { files.executor }

    func take(_ chunk: [UInt8]) async throws {
        await verification?.update(chunk[...])
        parser.push(chunk[...])
        while let event = try parser.next() {
            try await files.take(event)
        }
    }

    func finish(_ trailers: HTTPFields) async throws {
        try parser.finish()
        guard files.count > 0 else { throw Problem.noFile }
        let claims = try awaited.claims(in: trailers, computed: verification?.algorithms ?? [])
        try await verification?.finish(claims: claims)
    }
}
