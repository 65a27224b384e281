import Digests
import HTTPTypes
import Ingest
import MicroHTTP

/// Treats an upload that has come in pieces, and is whole, as the request that began it would have been.
struct UploadCompletion: Sendable {
    let uploads: ResumableUploads
    let planning: UploadPlanning
    let answers: UploadAnswers
    let queue: any JobQueue
    let collision: Collision

    /// Bytes that the upload may have; 0: any number.
    ///
    /// A form may be larger than a file.
    func maxSize(of stored: StoredRequest, from source: UploadSource) -> Int64 {
        let limits = uploads.limits.limits(for: source.uploader)
        return stored.isForm ? FormLimits(limits).largestBody ?? 0 : limits.maxUploadSize
    }

    /// What must be computed while the upload comes; a form is read again anyway.
    func digests(of stored: StoredRequest, creation: HTTPFields = [:]) throws(Problem) -> Set<DigestAlgorithm> {
        stored.isForm ? [] : try stored.digests(creation: creation)
    }

    /// The name whose file the upload is to replace.
    func replaced(by record: UploadRecord, as call: Call) throws -> BucketPath? {
        let stored = try StoredRequest(record)
        guard stored.target != nil else { return nil }
        let upload = self.upload(stored, stored.headers(), RequestBody(length: 0) { nil }, as: call)
        return try planning.planUnseen(upload).replaced
    }

    /// Publishes what is in the upload; `headers` are those that the request would have had.
    func complete(
        _ session: UploadSession,
        _ stored: StoredRequest,
        _ headers: HTTPFields,
        as call: Call
    ) async throws -> Response {
        let reader = session.reader
        let body = RequestBody(length: session.offset) { try await reader.next() }
        let upload = self.upload(stored, headers, body, as: call)
        let plan = try planning.planUnseen(upload)
        let files =
            if let intent = plan.intent {
                [try await session.publish(intent)]
            } else {
                try await session.publish { batch in
                    try await plan.open(upload, into: batch).receive(body)
                }
            }
        return try answers.answer(files, to: upload)
    }

    /// What `complete` answered, as far as it is still known.
    func replay(_ record: UploadRecord, _ stored: StoredRequest, as call: Call) async throws -> Response {
        let files = try await uploads.files(of: record.id)
        guard !files.isEmpty else { return Response(status: .noContent) }
        let jobs = try await queue.jobs(of: files.map(\.id))
        let upload = self.upload(stored, stored.headers(), RequestBody(length: 0) { nil }, as: call)
        return try answers.answer(files.map { PublishedFile(record: $0, jobs: jobs[$0.id] ?? []) }, to: upload)
    }

    private func upload(
        _ stored: StoredRequest,
        _ headers: HTTPFields,
        _ body: RequestBody,
        as call: Call
    ) -> UploadRequest {
        let request = call.request
        return UploadRequest(
            request: Request(
                id: request.id,
                method: stored.target?.kind == .file ? .put : .post,
                target: request.target,
                headers: headers,
                body: body,
                peer: request.peer,
                local: request.local,
                isHTTP11: request.isHTTP11,
                isTLS: request.isTLS,
                logger: request.logger
            ),
            target: stored.target?.target ?? .directory(nil),
            collision: collision,
            limits: uploads.limits.limits(for: call.uploader),
            uploader: call.uploader
        )
    }
}

extension StoredRequest {
    /// Whether the files are within what is uploaded.
    fileprivate var isForm: Bool {
        guard let target, target.kind != .file else { return false }
        let type = headers()[.contentType] ?? ""
        return type.prefix { $0 != ";" }.trimmingBlanks().lowercased() == "multipart/form-data"
    }
}
