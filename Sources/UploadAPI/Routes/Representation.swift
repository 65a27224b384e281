import Digests
import HTTPTypes
import Ingest
import MicroHTTP
import SystemPackage

/// An open file as it is served.
struct Representation: Sendable {
    let validators: Validators
    private let file: OpenedFile
    private let path: BucketPath
    /// Digests of exactly these bytes, those that are known.
    private let digests: [DigestAlgorithm: Digest]

    init(_ file: OpenedFile, path: BucketPath) {
        self.file = file
        self.path = path
        let record = file.record.flatMap { $0.state == .corrupt ? nil : $0 }
        digests = record?.knownDigests ?? [:]
        validators = Validators(
            tag: record.map { EntityTag($0.digest) } ?? EntityTag(file.status.identity),
            modified: HTTPDate(nanoseconds: file.status.identity.modificationTime)
        )
    }

    var length: Int64 { file.status.identity.size }

    /// Closes the file, which was not served after all.
    func discard() {
        // Opened for reading: nothing is lost with an error here.
        try? file.descriptor.close()
    }

    /// Answers GET and HEAD: conditions first, then the range, which counts for GET only.
    ///
    /// `Repr-Digest` is that of the whole file, whatever part of it is sent (RFC 9530 section 3).
    func response(to request: Request) -> Response {
        switch Conditions(request.headers).outcome(for: validators, isReading: true) {
        case .notModified:
            // The library sends no body here, but the length that a 200 would have: a 304 may tell no other (RFC 9110
            // section 8.6).
            return Response(
                status: .notModified,
                headers: validatorFields(for: request),
                body: .file(file.descriptor, offset: 0, length: length)
            )
        case .failed:
            discard()
            return Problem(IngestError(.preconditionFailed, "The file is not as the request's conditions say."))
                .response
        case .proceed:
            break
        }
        let isRanged =
            request.method == .get && Conditions.rangeApplies(request.headers[.ifRange], to: validators)
        switch ByteRange(isRanged ? request.headers[.range] : nil, length: length) {
        case .whole:
            var fields = fields(for: request)
            if request.method == .get, let wanted = request.headers[.wantContentDigest] {
                fields[.contentDigest] = DigestPreferences(wanted).member(from: digests)
            }
            return Response(
                status: .ok,
                headers: fields,
                body: .file(file.descriptor, offset: 0, length: length)
            )
        case .part(let range):
            var fields = fields(for: request)
            fields[.contentRange] = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(length)"
            let length = range.upperBound - range.lowerBound
            return Response(
                status: .partialContent,
                headers: fields,
                body: .file(file.descriptor, offset: range.lowerBound, length: length)
            )
        case .unsatisfiable:
            discard()
            var response = Problem.range(length).response
            response.headers[.contentRange] = "bytes */\(length)"
            return response
        }
    }

    private func validatorFields(for request: Request) -> HTTPFields {
        var fields: HTTPFields = [
            .eTag: validators.tag.text, .lastModified: validators.modified.text,
            .cacheControl: "private, no-cache",
        ]
        fields[.reprDigest] = request.headers.reprDigest(from: digests)
        return fields
    }

    /// The content is whatever somebody sent: no browser may run it as a page of this server.
    private func fields(for request: Request) -> HTTPFields {
        var fields = validatorFields(for: request)
        fields[.acceptRanges] = "bytes"
        fields[.xContentTypeOptions] = "nosniff"
        fields[.contentSecurityPolicy] = "default-src 'none'; sandbox"
        fields[.crossOriginResourcePolicy] = "same-origin"
        if let type = InlineType.type(declared: file.record?.contentType, path: path) {
            fields[.contentType] = type
        } else {
            fields[.contentType] = "application/octet-stream"
            fields[.contentDisposition] = AttachmentName(path).field
        }
        return fields
    }
}

extension Problem {
    fileprivate static func range(_ length: Int64) -> Self {
        Self(
            .rangeNotSatisfiable,
            "range",
            "The range lies beyond the end of the file.",
            detail: "The file has \(length) bytes."
        )
    }
}
