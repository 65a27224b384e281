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

    func receive(_ upload: UploadRequest, into batch: UploadBatch) async throws {
        var parser = MultipartParser(boundary: boundary, limits: limits)
        var form = FormFiles(batch: batch, directory: directory, collision: upload.collision)
        let verification = batch.verification(of: claims, awaiting: awaited.algorithms)
        for try await chunk in upload.request.body {
            await verification?.update(chunk[...])
            try await form.take(chunk, of: &parser)
        }
        try parser.finish()
        guard form.count > 0 else { throw Problem.noFile }
        let more = try awaited.claims(
            in: upload.request.body.trailers,
            computed: verification?.algorithms ?? []
        )
        try await verification?.finish(claims: more)
    }
}
