import HTTPTypes
import Ingest
import MicroHTTP

/// Requests of tus clients: the core of the protocol and its extensions for creation, expiration, checksums, termination
/// and concatenation.
final class TusUploads: Sendable {
    let uploads: ResumableUploads
    /// That uploads may be made of pieces which are whole by now.
    let wakes: (stream: AsyncStream<Void>, continuation: AsyncStream<Void>.Continuation)
    private let urls: ResourceURLs
    private let names: NameAdvice
    private let collision: Collision

    /// `old` is what these take the place of.
    init(
        uploads: ResumableUploads,
        urls: ResourceURLs,
        names: NameAdvice,
        collision: Collision,
        replacing old: TusUploads? = nil
    ) {
        self.uploads = uploads
        wakes = old?.wakes ?? AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        self.urls = urls
        self.names = names
        self.collision = collision
    }

    // MARK: Creation

    func create(_ call: Call, in directory: BucketPath?) async throws -> Response {
        let fields = call.request.headers
        try Tus.requireVersion(fields)
        let creation = try TusCreation(fields, content: call.request.body.declaredLength, maxSize: maxSize(for: call))
        var stored = try StoredRequest(
            directory: directory,
            metadata: creation.metadata?.raw,
            concatenation: fields[.uploadConcat]?.trimmingBlanks(),
            fields: fields
        )
        if case .any? = Conditions(fields).ifNoneMatch { stored.isNew = true }
        // What is wrong with the name or a digest is told before anything is sent.
        let intent = try intent(of: stored, stored.headers(), length: creation.length)
        if !stored.isPiece {
            let destination = try (call.uploader?.permitted(intent) ?? intent).destination
            if destination.collision == .reject { try await names.check(destination) }
        }
        if case .final(let pieces) = creation.concatenation {
            return try await concatenate(pieces, stored, call)
        }
        let check = creation.hasContent ? try ContentCheck(fields, checksum: creation.check) : nil
        let session = try await uploads.begin(
            try new(stored, length: creation.length, creation: fields),
            body: creation.hasContent ? call.request.body.declaredLength : 0,
            from: call.source,
            logger: call.logger,
            interrupt: call.request.body.interrupt
        )
        // Without an answer nobody knows the upload.
        return try await session.ending(keepsItOnFailure: false) {
            let file = try await receive(call, check, into: session, stored, isCreation: true)
            var response = Response(status: .created)
            response.headers = TusState(session.record, stored).created(
                at: urls.upload(session.record.id, as: call.request),
                hasContent: creation.hasContent
            )
            response.headers[.contentLocation] = file.map { urls.file($0.record.path) }
            return response
        }
    }

    /// Pieces are named by the URLs that their creation was answered with, or their paths.
    private func concatenate(_ pieces: [String], _ stored: StoredRequest, _ call: Call) async throws -> Response {
        let ids = try pieces.map { piece in
            let path = piece.prefix { $0 != "?" }
            guard let id = UploadID(path.split(separator: "/").last.map(String.init) ?? "") else {
                throw Problem.tusPieces("“\(piece)” is not the URL of an upload.")
            }
            return id
        }
        let session: UploadSession
        do {
            guard try await uploads.areWhole(ids, by: call.uploader, isPiece: { try StoredRequest($0).isPiece }) else {
                return try await awaitPieces(ids, stored, call)
            }
            session = try await uploads.begin(
                try new(stored, length: nil),
                from: ids,
                isPiece: { try StoredRequest($0).isPiece },
                source: call.source,
                logger: call.logger,
                interrupt: call.request.body.interrupt
            )
        } catch let error as IngestError where error.code == .notFound {
            throw Problem.tusPieces(error.message)
        }
        return try await session.ending(keepsItOnFailure: false) {
            let intent = try intent(of: stored, stored.headers(), length: session.record.length)
            let file = try await session.publish(intent)
            var response = Response(status: .created)
            response.headers = TusState(session.record, stored).created(
                at: urls.upload(session.record.id, as: call.request),
                hasContent: false
            )
            response.headers[.contentLocation] = urls.file(file.record.path)
            return response
        }
    }

    /// The upload is made when its last piece is whole (extension `concatenation-unfinished`).
    private func awaitPieces(_ pieces: [UploadID], _ stored: StoredRequest, _ call: Call) async throws -> Response {
        let length = try await uploads.length(of: pieces)
        var upload = try new(stored, length: length)
        upload.pieces = pieces
        let session = try await uploads.begin(
            upload,
            body: 0,
            from: call.source,
            logger: call.logger,
            interrupt: {}
        )
        let record = session.record
        await session.leave()
        // The last may have become whole since the look at them.
        wakes.continuation.yield()
        let location = urls.upload(record.id, as: call.request)
        return Response(
            status: .created,
            headers: TusState(record, stored).created(at: location, hasContent: false)
        )
    }

    // MARK: The upload's own resource

    /// `method` is that after any override.
    func respond(_ call: Call, _ method: HTTPRequest.Method) async throws -> Response {
        switch method {
        case .get, .head: return try await state(call)
        case .patch: return try await append(call)
        case .delete: return try await terminate(call)
        default: throw Problem.methodNotAllowed(ResumableRequest.methods)
        }
    }

    private func state(_ call: Call) async throws -> Response {
        let record = try await record(call)
        let headers = TusState(record, try StoredRequest(record)).retrieved
        return Response(status: call.request.method == .get ? .noContent : .ok, headers: headers)
    }

    private func record(_ call: Call) async throws -> UploadRecord {
        let id = try call.uploadID()
        guard var waiting = try await uploads.waiting(id, by: call.uploader) else {
            return try await uploads.record(of: id, by: call.uploader, interrupt: call.request.body.interrupt)
        }
        // Known when that of the last piece is.
        if waiting.length == nil {
            waiting.length = try await uploads.length(of: waiting.pieces)
        }
        return waiting
    }

    private func append(_ call: Call) async throws -> Response {
        let fields = call.request.headers
        let append = try TusAppend(fields)
        let check = try ContentCheck(fields, checksum: append.check)
        let content = call.request.body.declaredLength
        let session = try await uploads.resume(
            try call.uploadID(),
            body: content,
            from: call.source,
            logger: call.logger,
            aim: { try self.aim(of: $0) },
            interrupt: call.request.body.interrupt
        )
        return try await session.ending(keepsItOnFailure: true) {
            let stored = try StoredRequest(session.record)
            guard stored.target == nil else { throw Problem.otherUploadProtocol }
            guard !stored.isMadeOfPieces else { throw Problem.tusFinalUpload }
            guard append.offset == session.offset else {
                throw Problem.tusOffset(expected: session.offset, provided: append.offset)
            }
            if let length = try append.length(
                known: session.record.length,
                content: content,
                maxSize: maxSize(for: call)
            ) {
                try session.declare(length: length)
            }
            // A client that lost the last answer asks again.
            guard session.record.state == .open else {
                return Response(status: .noContent, headers: TusState(session.record, stored).appended)
            }
            session.compute(try stored.digests())
            let file = try await receive(call, check, into: session, stored, isCreation: false)
            var response = Response(status: .noContent, headers: TusState(session.record, stored).appended)
            response.headers[.contentLocation] = file.map { urls.file($0.record.path) }
            return response
        }
    }

    private func terminate(_ call: Call) async throws -> Response {
        try await uploads.cancel(try call.uploadID(), by: call.uploader, interrupt: call.request.body.interrupt)
        return Response(status: .noContent)
    }

    // MARK: Parts

    /// Takes the content of the request, and publishes the upload if that is the last; `check` is nil if it has none.
    ///
    /// A whole upload is recorded with its publication only: a client that finds its offset at the end sends nothing more.
    private func receive(
        _ call: Call,
        _ check: ContentCheck?,
        into session: UploadSession,
        _ stored: StoredRequest,
        isCreation: Bool
    ) async throws -> PublishedFile? {
        let body = call.request.body
        if let check {
            do {
                try await SessionContent(body: body, session: session, check: check).receive(uploads)
            } catch {
                guard check.algorithms.isEmpty, isWhole(session, stored) else {
                    await session.commitWhatCame()
                    throw Self.problem(error, session)
                }
                // With too much content nobody can tell which of it is the upload's: nothing is kept. Else all is there,
                // and only the end of the request was lost.
                if error is UploadLength.Violation { throw Self.problem(error, session) }
            }
        }
        guard isWhole(session, stored) else {
            try await session.commit()
            if stored.isPiece, session.record.offset == session.record.length {
                wakes.continuation.yield()
            }
            return nil
        }
        let headers =
            isCreation
            ? try stored.headers(creation: call.request.headers, trailers: body.trailers)
            : stored.headers()
        return try await session.publish(try intent(of: stored, headers, length: session.record.length))
    }

    private static func problem(_ error: any Error, _ session: UploadSession) -> any Error {
        error is UploadLength.Violation ? Problem.tusExceeded(session.offset) : error
    }

    private func maxSize(for call: Call) -> Int64? {
        let size = uploads.maxSize(for: call.source)
        return size == 0 ? nil : size
    }

    private func isWhole(_ session: UploadSession, _ stored: StoredRequest) -> Bool {
        session.offset == session.record.length && !stored.isPiece
    }

    /// `headers` are those of the request that began it.
    func intent(of stored: StoredRequest, _ headers: HTTPFields, length: Int64?) throws -> UploadIntent {
        let isNew = stored.isNew == true
        var intent = try UploadIntent(
            tus: try TusMetadata(stored.metadata),
            in: stored.path,
            collision: isNew ? .reject : collision,
            length: length,
            claims: try DigestFields.claims(in: headers, of: [.reprDigest])
        )
        if isNew { intent.destination.precondition = .absent }
        return intent
    }

    private func new(_ stored: StoredRequest, length: Int64?, creation: HTTPFields = [:]) throws -> NewUpload {
        var upload = NewUpload(length: length, request: try stored.bytes())
        upload.digests = try stored.digests(creation: creation)
        upload.aim = try aim(of: stored)
        return upload
    }

    func aim(of record: UploadRecord) throws -> UploadAim {
        try aim(of: StoredRequest(record))
    }

    private func aim(of stored: StoredRequest) throws -> UploadAim {
        guard stored.target == nil else { return UploadAim() }
        guard !stored.isPiece else { return .piece }
        return UploadAim(replacing: try intent(of: stored, stored.headers(), length: nil).destination.replaced)
    }
}
