import Digests
import HTTPTypes
import Ingest
import MicroHTTP

/// Requests of tus clients: the core of the protocol and its extensions for creation, expiration, checksums, termination
/// and concatenation.
final class TusUploads: Sendable {
    private let uploads: ResumableUploads
    private let urls: ResourceURLs
    private let names: NameAdvice
    private let collision: Collision
    private var maxSize: Int64? { uploads.limits.maxUploadSize == 0 ? nil : uploads.limits.maxUploadSize }

    init(uploads: ResumableUploads, urls: ResourceURLs, names: NameAdvice, collision: Collision) {
        self.uploads = uploads
        self.urls = urls
        self.names = names
        self.collision = collision
    }

    /// What OPTIONS tells of the protocol.
    var discovery: HTTPFields { Tus.discovery(maxSize: maxSize) }

    // MARK: Creation

    func create(_ call: Call, in directory: BucketPath?) async throws -> Response {
        let fields = call.request.headers
        try Tus.requireVersion(fields)
        let creation = try TusCreation(fields, content: call.request.body.declaredLength, maxSize: maxSize)
        var stored = StoredRequest(
            directory: directory,
            metadata: creation.metadata?.raw,
            concatenation: fields[.uploadConcat]?.trimmingBlanks()
        )
        if case .any? = Conditions(fields).ifNoneMatch { stored.isNew = true }
        // What is wrong with the name is told before anything is sent.
        let destination = try intent(of: stored, length: creation.length).destination
        if destination.collision == .reject, !stored.isPiece {
            try await names.check(destination)
        }
        if case .final(let pieces) = creation.concatenation {
            return try await concatenate(pieces, stored, call)
        }
        let session = try await uploads.begin(
            NewUpload(length: creation.length, owner: nil, request: try stored.bytes()),
            body: creation.hasContent ? call.request.body.declaredLength : 0,
            from: UploadSource(address: call.request.peer.limitKey),
            logger: call.logger,
            interrupt: call.request.body.interrupt
        )
        // Without an answer nobody knows the upload.
        return try await ending(session, keepsItOnFailure: false) {
            let file = try await receive(call, creation.hasContent ? creation.check : nil, into: session, stored)
            var response = Response(status: .created)
            response.headers = state(of: session.record, stored).created(
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
            guard let id = UploadID(piece.split(separator: "/").last.map(String.init) ?? "") else {
                throw Problem.tusPieces("“\(piece)” is not the URL of an upload.")
            }
            return id
        }
        let session: UploadSession
        do {
            session = try await uploads.begin(
                NewUpload(length: nil, owner: nil, request: try stored.bytes()),
                from: ids,
                isPiece: { try StoredRequest($0).isPiece },
                source: UploadSource(address: call.request.peer.limitKey),
                logger: call.logger,
                interrupt: call.request.body.interrupt
            )
        } catch let error as IngestError where error.code == .notFound {
            throw Problem.tusPieces(error.message)
        }
        return try await ending(session, keepsItOnFailure: false) {
            let file = try await session.publish(try intent(of: stored, length: session.record.length))
            var response = Response(status: .created)
            response.headers = state(of: session.record, stored).created(
                at: urls.upload(session.record.id, as: call.request),
                hasContent: false
            )
            response.headers[.contentLocation] = urls.file(file.record.path)
            return response
        }
    }

    // MARK: The upload's own resource

    func respond(_ call: Call) async throws -> Response {
        let fields = call.request.headers
        guard case .tus(let method) = try UploadDispatch.choose(call.request.method, .upload, fields, content: 0) else {
            guard [.get, .head].contains(call.request.method) else { throw Problem.tusVersion }
            return try await state(call)
        }
        switch method {
        case .get, .head: return try await state(call)
        case .patch: return try await append(call)
        case .delete: return try await terminate(call)
        default: throw Problem.methodNotAllowed("GET, HEAD, PATCH, DELETE, OPTIONS")
        }
    }

    private func state(_ call: Call) async throws -> Response {
        let record = try await uploads.record(of: try id(call), by: nil, interrupt: call.request.body.interrupt)
        let headers = state(of: record, try StoredRequest(record)).retrieved
        return Response(status: call.request.method == .get ? .noContent : .ok, headers: headers)
    }

    private func append(_ call: Call) async throws -> Response {
        let append = try TusAppend(call.request.headers)
        let content = call.request.body.declaredLength
        let session = try await uploads.resume(
            try id(call),
            by: nil,
            body: content,
            from: UploadSource(address: call.request.peer.limitKey),
            logger: call.logger,
            interrupt: call.request.body.interrupt
        )
        return try await ending(session, keepsItOnFailure: true) {
            let stored = try StoredRequest(session.record)
            guard !stored.isMadeOfPieces else { throw Problem.tusFinalUpload }
            guard append.offset == session.offset else {
                throw Problem.tusOffset(expected: session.offset, provided: append.offset)
            }
            if let length = try append.length(known: session.record.length, content: content, maxSize: maxSize) {
                try session.declare(length: length)
            }
            // A client that lost the last answer asks again.
            guard session.record.state == .open else {
                return Response(status: .noContent, headers: state(of: session.record, stored).appended)
            }
            let file = try await receive(call, append.check, into: session, stored)
            var response = Response(status: .noContent, headers: state(of: session.record, stored).appended)
            response.headers[.contentLocation] = file.map { urls.file($0.record.path) }
            return response
        }
    }

    private func terminate(_ call: Call) async throws -> Response {
        try await uploads.cancel(try id(call), by: nil, interrupt: call.request.body.interrupt)
        return Response(status: .noContent)
    }

    // MARK: Parts

    /// Takes the content of the request, and publishes the upload if that is the last; `check` is nil if it has none.
    ///
    /// A whole upload is recorded with its publication only: a client that finds its offset at the end sends nothing more.
    private func receive(
        _ call: Call,
        _ check: TusContentCheck?,
        into session: UploadSession,
        _ stored: StoredRequest
    ) async throws -> PublishedFile? {
        let body = call.request.body
        let content = SessionContent(body: body, session: session)
        switch (check, check?.algorithms) {
        case (let check?, let algorithms?):
            session.holdBack()
            let computed = try await content.append(hashing: uploads.hasher(algorithms))
            if let checksum = try check.checksum(trailers: body.trailers),
                computed[checksum.algorithm.digest]?.bytes != checksum.digest
            {
                throw Problem.tusChecksumMismatch
            }
        case (_?, nil):
            do {
                try await content.append()
            } catch {
                guard isWhole(session, stored) else {
                    await session.commitWhatCame()
                    throw error
                }
                // With too much content nobody can tell which of it is the upload's: nothing is kept. Else all is there,
                // and only the end of the request was lost.
                if error is Problem { throw error }
            }
        case (nil, _): break
        }
        guard isWhole(session, stored) else {
            try await session.commit()
            return nil
        }
        return try await session.publish(try intent(of: stored, length: session.record.length))
    }

    private func isWhole(_ session: UploadSession, _ stored: StoredRequest) -> Bool {
        session.offset == session.record.length && !stored.isPiece
    }

    private func intent(of stored: StoredRequest, length: Int64?) throws -> UploadIntent {
        let isNew = stored.isNew == true
        var intent = try UploadIntent(
            tus: try TusMetadata(stored.metadata),
            in: stored.path,
            collision: isNew ? .reject : collision,
            length: length
        )
        if isNew { intent.destination.precondition = .absent }
        return intent
    }

    private func state(of record: UploadRecord, _ stored: StoredRequest) -> TusState {
        TusState(
            offset: record.offset,
            length: record.length,
            metadata: stored.metadata,
            concatenation: stored.concatenation,
            expires: record.state == .open ? HTTPDate(seconds: record.expiresAt.milliseconds / 1000) : nil
        )
    }

    private func id(_ call: Call) throws -> UploadID {
        guard let id = UploadID(String(decoding: call.captures[0], as: UTF8.self)) else { throw Problem.noUpload }
        return id
    }

    /// Ends the session's turn after `body`, and if that fails the upload too, unless it is to be kept.
    private func ending(
        _ session: UploadSession,
        keepsItOnFailure: Bool,
        _ body: () async throws -> Response
    ) async throws -> Response {
        do {
            let response = try await body()
            await session.leave()
            return response
        } catch {
            if keepsItOnFailure {
                await session.leave()
            } else {
                await session.abandon()
            }
            throw error
        }
    }
}

extension TusContentCheck {
    /// What is to be computed of the content; nil for none.
    fileprivate var algorithms: Set<DigestAlgorithm>? {
        switch self {
        case .none: nil
        case .against(let checksum): [checksum.algorithm.digest]
        case .awaitsTrailer: Set(TusChecksum.Algorithm.allCases.map(\.digest))
        }
    }
}

extension TusChecksum.Algorithm {
    fileprivate var digest: DigestAlgorithm {
        switch self {
        case .sha1: .sha1
        case .sha256: .sha256
        case .md5: .md5
        case .crc32: .crc32
        }
    }
}
