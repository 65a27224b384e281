import HTTPTypes
import Ingest
import MicroHTTP

/// Requests of clients that speak Resumable Uploads for HTTP (draft-ietf-httpbis-resumable-upload), in any version.
///
/// Whatever creates files can be uploaded so: the upload's bytes are the body that the request would have had, and when
/// they are whole they are treated, and answered, as that body.
final class InterruptibleUploads: Sendable {
    private let uploads: ResumableUploads
    private let completion: UploadCompletion
    private let urls: ResourceURLs
    private let sendsInterimResponses: Bool

    init(
        uploads: ResumableUploads,
        planning: UploadPlanning,
        answers: UploadAnswers,
        queue: any JobQueue,
        options: UploadServiceOptions
    ) {
        self.uploads = uploads
        completion = UploadCompletion(
            uploads: uploads,
            planning: planning,
            answers: answers,
            queue: queue,
            collision: options.collision
        )
        urls = options.urls
        sendsInterimResponses = options.sendsInterimResponses
    }

    // MARK: Creation

    /// Whether the request is worth an upload that outlives it: one whose client can learn of it before the end.
    ///
    /// Else it is a plain upload, which the protocol allows, and costs less. So is one with an `Idempotency-Key`, the
    /// promise of which is kept for uploads of one request, and one for which there is no place among those unfinished.
    /// What is to go on needs no key: it is stored once, when it is complete, and its client may ask for that answer again.
    func takes(_ creation: ResumableCreation, of call: Call) -> Bool {
        let request = call.request
        return !creation.completes
            || (sendsInterimResponses && creation.dialect.hasInterimResponses && request.isHTTP11
                && request.headers[.idempotencyKey] == nil
                && uploads.hasPlace(for: call.source))
    }

    /// What is answered to a request that `takes` refused, and `body` has served as a plain one.
    func marking(_ creation: ResumableCreation, _ body: () async throws -> Response) async throws -> Response {
        do {
            var response = try await body()
            creation.dialect.setComplete(true, in: &response.headers)
            return response
        } catch {
            throw refused(error, in: creation.dialect)
        }
    }

    func create(_ upload: UploadRequest, _ creation: ResumableCreation, _ call: Call) async throws -> Response {
        let turn: ContentTurn
        do {
            turn = try await begin(upload, creation, call)
        } catch {
            throw refused(error, in: creation.dialect)
        }
        let location = urls.upload(turn.session.record.id, as: call.request)
        let isAnnounced = turn.announce(at: location)
        return try await ending(turn, keepsItOnFailure: isAnnounced) {
            try await turn.receive()
            return try await turn.end(created: location)
        }
    }

    private func begin(
        _ upload: UploadRequest,
        _ creation: ResumableCreation,
        _ call: Call
    ) async throws -> ContentTurn {
        let stored: StoredRequest
        let check: ContentCheck
        let new: NewUpload
        do {
            stored = try StoredRequest(upload)
            check = try ContentCheck(call.request.headers)
            new = try await self.new(stored, upload, creation, call)
        } catch {
            uploads.intake.refused(because: IngestError.receiving(error))
            throw error
        }
        let session = try await uploads.begin(
            new,
            body: call.request.body.declaredLength,
            from: call.source,
            logger: call.logger,
            interrupt: call.request.body.interrupt
        )
        return ContentTurn(
            call: call,
            session: session,
            stored: stored,
            check: check,
            dialect: creation.dialect,
            completes: creation.completes,
            length: creation.length,
            completion: completion
        )
    }

    private func new(
        _ stored: StoredRequest,
        _ upload: UploadRequest,
        _ creation: ResumableCreation,
        _ call: Call
    ) async throws -> NewUpload {
        let maxSize = completion.maxSize(of: stored, from: call.source)
        let limits = ResumableLimits(maxSize: maxSize == 0 ? nil : maxSize)
        try limits.requireSize(length: creation.length.known, stored: 0, in: creation.dialect)
        let plan = try await completion.planning.plan(upload)
        var new = NewUpload(length: creation.length.known, request: try stored.bytes())
        new.maxSize = maxSize
        new.aim.replaced = plan.replaced
        new.digests = try completion.digests(of: stored, creation: creation.completes ? upload.request.headers : [:])
        return new
    }

    /// The answer to what was refused before there was an upload.
    private func refused(_ error: any Error, in dialect: ResumableDialect) -> UploadFailure {
        var fields: HTTPFields = [:]
        if Problem(error).status == .contentTooLarge {
            fields[.uploadLimit] = ResumableLimits(ofNew: uploads).text(in: dialect)
        }
        return UploadFailure(cause: error, fields: fields)
    }

    // MARK: The upload's own resource

    /// `method` is that after any override.
    func respond(
        _ call: Call,
        _ method: HTTPRequest.Method,
        _ dialect: ResumableDialect,
        asksPlainly: Bool
    ) async throws -> Response {
        switch try ResumableRequest(method, call.request.headers, in: dialect) {
        case .retrieval: try await retrieve(call, dialect, asksPlainly: asksPlainly)
        case .append(let append): try await self.append(call, append)
        case .cancellation: try await cancel(call)
        }
    }

    private func retrieve(_ call: Call, _ dialect: ResumableDialect, asksPlainly: Bool) async throws -> Response {
        let id = try call.uploadID()
        if let waiting = try await uploads.waiting(id, by: call.uploader) {
            // Of an upload that tus makes of others nobody is told an offset.
            return Response(status: .noContent, headers: TusState(waiting, try StoredRequest(waiting)).retrieved)
        }
        let record = try await uploads.record(of: id, by: call.uploader, interrupt: call.request.body.interrupt)
        let stored = try StoredRequest(record)
        let state = ResumableState(
            offset: record.offset,
            isComplete: record.state == .complete,
            length: record.length,
            limits: ResumableLimits(of: record, maxSize: completion.maxSize(of: stored, from: call.source), in: uploads)
        )
        var headers = state.retrieved(in: dialect)
        if asksPlainly {
            for field in TusState(record, stored).retrieved where headers[field.name] == nil {
                headers.append(field)
            }
        }
        return Response(status: .noContent, headers: headers)
    }

    private func cancel(_ call: Call) async throws -> Response {
        try await uploads.cancel(try call.uploadID(), by: call.uploader, interrupt: call.request.body.interrupt)
        return Response(status: .noContent)
    }

    private func append(_ call: Call, _ append: ResumableAppend) async throws -> Response {
        try call.request.requireIdentity()
        let check = try ContentCheck(call.request.headers)
        let session = try await uploads.resume(
            try call.uploadID(),
            body: call.request.body.declaredLength,
            from: call.source,
            logger: call.logger,
            aim: { UploadAim(replacing: try self.completion.replaced(by: $0, as: call)) },
            interrupt: call.request.body.interrupt
        )
        let turn: ContentTurn
        do {
            let stored = try StoredRequest(session.record)
            session.maxSize = completion.maxSize(of: stored, from: call.source)
            turn = ContentTurn(
                call: call,
                session: session,
                stored: stored,
                check: check,
                dialect: append.dialect,
                completes: append.completes,
                length: UploadLength(known: session.record.length),
                completion: completion
            )
        } catch {
            await session.leave()
            throw error
        }
        return try await ending(turn, keepsItOnFailure: true) {
            guard turn.stored.target != nil else { throw Problem.otherUploadProtocol }
            guard try await turn.begin(at: append.offset, declared: append.length) else {
                return try await turn.replay()
            }
            try await turn.receive()
            return try await turn.end(created: nil)
        }
    }

    /// Ends the turn after `body`, and if that fails the upload too, unless it is to be kept; then the answer tells how
    /// far it is.
    private func ending(
        _ turn: ContentTurn,
        keepsItOnFailure: Bool,
        _ body: () async throws -> Response
    ) async throws -> Response {
        do {
            return try await turn.session.ending(keepsItOnFailure: keepsItOnFailure, body)
        } catch {
            throw UploadFailure(cause: error, fields: turn.failed(error))
        }
    }
}
