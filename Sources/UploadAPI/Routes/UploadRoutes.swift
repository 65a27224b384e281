import HTTPTypes
import Ingest
import MicroHTTP

/// Requests that bring files; a class for the reason that `Request` is one.
final class UploadRoutes: Sendable {
    private let intake: UploadIntake
    private let requests: IdempotentRequests
    private let preconditions: WritePreconditions
    private let names: NameAdvice
    private let json: FileJSON
    private let tus: TusUploads
    private let collision: Collision

    init(
        intake: UploadIntake,
        requests: IdempotentRequests,
        preconditions: WritePreconditions,
        names: NameAdvice,
        json: FileJSON,
        tus: TusUploads,
        collision: Collision
    ) {
        self.intake = intake
        self.requests = requests
        self.preconditions = preconditions
        self.names = names
        self.json = json
        self.tus = tus
        self.collision = collision
    }

    var routes: [Route] {
        [
            Route(.post, "/upload-file", respond: uploadForm),
            Route(.post, "/files", respond: post),
            Route(.post, "/files/{directory}/", respond: post),
            Route(.get, "/uploads/{id}", respond: tus.respond),
            Route(.patch, "/uploads/{id}", respond: tus.respond),
            Route(.post, "/uploads/{id}", respond: tus.respond),
            Route(.delete, "/uploads/{id}", respond: tus.respond),
            Route(.put, "/files/{path}", respond: put),
            // Ends in an empty name, which is refused as such.
            Route(.put, "/files/{directory}/") { [self] call in try await put(call.withEmptyName) },
        ]
    }

    // The frames of these stay for as long as the body takes to come: what comes before and after is apart.

    /// Answers as the service that this one replaces did: 200, and the first file's name apart.
    private func uploadForm(_ call: Call) async throws -> Response {
        listed(try await files(of: try form(call), call), call)
    }

    private func post(_ call: Call) async throws -> Response {
        guard !Tus.isSpoken(call.request.headers) else {
            return try await tus.create(call, in: try call.newDirectory())
        }
        return created(try await files(of: request(call, .directory(try call.newDirectory())), call), call)
    }

    private func put(_ call: Call) async throws -> Response {
        try replaced(call.request, with: try await files(of: try replacing(call), call))
    }

    @inline(never)
    private func form(_ call: Call) throws -> UploadRequest {
        let upload = request(call, .directory(nil))
        guard FormUpload().speaks(upload) else {
            throw upload.mediaType.isEmpty && call.request.body.isEmpty
                ? Problem.noFile
                : Problem.unsupportedMedia("This resource takes forms only: curl -F file=@NAME URL.")
        }
        return upload
    }

    @inline(never)
    private func listed(_ files: [PublishedFile], _ call: Call) -> Response {
        var response = Response.json(list(files))
        identify(files, in: &response, to: call.request)
        return response
    }

    @inline(never)
    private func created(_ files: [PublishedFile], _ call: Call) -> Response {
        if MediaPreference(accept: call.request.headers[.accept]).prefersHTML {
            return Response(status: .seeOther, headers: [.location: json.urls.page])
        }
        var response = Response.json(list(files), status: .created)
        if files.count == 1, let record = files.first?.record {
            response.headers[.location] = json.urls.file(record.path)
        }
        identify(files, in: &response, to: call.request)
        return response
    }

    @inline(never)
    private func replacing(_ call: Call) throws -> UploadRequest {
        let path = try call.newPath()
        guard call.request.headers[.contentRange] == nil else { throw Problem.contentRange }
        return request(call, .file(path, .none))
    }

    @inline(never)
    private func replaced(_ request: Request, with files: [PublishedFile]) throws -> Response {
        guard let file = files.first else { throw Problem.noFile }
        var response: Response
        if file.record.replaces == nil {
            response = .json(json.value(entry(file)), status: .created)
            response.headers[.location] = json.urls.file(file.record.path)
        } else {
            response = Response(status: .noContent)
        }
        identify(files, in: &response, to: request)
        return response
    }

    /// Tells by which validator and digest the file that was stored, if it is one, will be known.
    private func identify(_ files: [PublishedFile], in response: inout Response, to request: Request) {
        guard files.count == 1, let record = files.first?.record else { return }
        response.headers[.eTag] = EntityTag(record.digest).text
        response.headers[.reprDigest] = request.headers.reprDigest(from: record.knownDigests)
    }

    /// What the request brings; for one that repeats another, what that one brought.
    private func files(of upload: UploadRequest, _ call: Call) async throws -> [PublishedFile] {
        guard upload.request.headers[.idempotencyKey] == nil else { return try await receiveOnce(upload, call) }
        return try await receive(upload, call)
    }

    private func receiveOnce(_ upload: UploadRequest, _ call: Call) async throws -> [PublishedFile] {
        guard let key = try IdempotencyKey(call) else { return try await receive(upload, call) }
        switch try await requests.begin(key) {
        case .new(let turn):
            defer { turn.end() }
            return try await receive(upload, call, turn)
        case .running:
            throw Problem.idempotencyKeyInUse
        case .recorded(let recorded):
            // Without its conditions, which the first request itself may have made false.
            let repeated = RepeatedUpload(upload: upload, plan: try judge(upload), recorded: recorded)
            return try await repeated.files(comparing: requests, call)
        }
    }

    /// All files of the request are published, or nothing is left of it.
    private func receive(
        _ unconditional: UploadRequest,
        _ call: Call,
        _ turn: RequestTurn? = nil
    ) async throws -> [PublishedFile] {
        let upload = try await conditional(unconditional)
        let plan: any UploadPlan
        do {
            plan = try await self.plan(upload)
        } catch {
            intake.refused(because: IngestError.receiving(error))
            throw error
        }
        let destination = plan.destination
        let batch = try await intake.openBatch(
            body: upload.request.body.declaredLength,
            claim: plan.claim,
            replacing: destination.flatMap { $0.collision == .replace ? $0.path : nil },
            from: UploadSource(address: upload.request.peer.limitKey),
            logger: call.logger
        )
        do {
            try await plan.receive(upload, into: batch)
            return try await batch.publish(turn, kind: upload.kind)
        } catch {
            await batch.abandon(because: IngestError.receiving(error))
            throw error
        }
    }

    /// With the conditions that the bucket is to check when the file gets its name; throws if they do not even hold now.
    private func conditional(_ upload: UploadRequest) async throws -> UploadRequest {
        guard case .file(let path, _) = upload.target else { return upload }
        let conditions = Conditions(upload.request.headers)
        guard !conditions.isEmpty else { return upload }
        let precondition = try await preconditions.precondition(conditions, for: path)
        return request(upload.request, .file(path, precondition))
    }

    /// What the request's header section says, and what is wrong with it.
    private func plan(_ upload: UploadRequest) async throws -> any UploadPlan {
        let plan = try judge(upload)
        if let destination = plan.destination, upload.isWorthALook {
            try await names.check(destination)
        }
        return plan
    }

    /// The same without a look at the bucket.
    private func judge(_ upload: UploadRequest) throws -> any UploadPlan {
        try upload.request.requireIdentity()
        guard let spoken = uploadProtocols.first(where: { $0.speaks(upload) }) else {
            throw Problem.unsupportedMedia("No upload protocol is spoken here by such a request.")
        }
        return try spoken.plan(upload)
    }

    private func request(_ call: Call, _ target: UploadRequest.Target) -> UploadRequest {
        request(call.request, target)
    }

    private func request(_ request: Request, _ target: UploadRequest.Target) -> UploadRequest {
        UploadRequest(request: request, target: target, collision: collision, limits: intake.limits)
    }

    private func list(_ files: [PublishedFile]) -> JSONValue {
        .members([
            "filename": .string(orNull: files.first?.record.path.description),
            "files": .array(files.map { json.value(entry($0)) }),
        ])
    }

    private func entry(_ file: PublishedFile) -> CatalogEntry {
        .ours(file.record, isUntouched: true, jobs: file.jobs)
    }
}

extension IngestError {
    /// What `error` ended the receiving of a body with, in the words that metrics count by; others stay what they are.
    static func receiving(_ error: any Error) -> any Error {
        switch error {
        case let error as RequestBodyError: Self(.truncated, error.description)
        case is CancellationError: Self(.truncated, "The client is gone.")
        default: error
        }
    }
}

extension Request {
    /// Throws 415 for a body that is compressed or otherwise encoded: nothing is ever decoded here.
    func requireIdentity() throws(Problem) {
        guard let encoding = headers[.contentEncoding], encoding.trimmingBlanks().lowercased() != "identity" else {
            return
        }
        throw Problem.contentEncoding
    }
}

extension Call {
    fileprivate var withEmptyName: Call {
        Call(request: request, route: route, captures: captures + [[]], began: began)
    }
}
