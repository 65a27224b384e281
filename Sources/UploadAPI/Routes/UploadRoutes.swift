import Access
import HTTPTypes
import Ingest
import MicroHTTP

/// Requests that bring files; a class for the reason that `Request` is one.
final class UploadRoutes: Sendable {
    private let intake: UploadIntake
    private let requests: IdempotentRequests
    private let preconditions: WritePreconditions
    private let planning: UploadPlanning
    private let answers: UploadAnswers
    private let tus: TusUploads
    private let interruptible: InterruptibleUploads
    private let collision: Collision

    init(
        intake: UploadIntake,
        requests: IdempotentRequests,
        preconditions: WritePreconditions,
        planning: UploadPlanning,
        answers: UploadAnswers,
        tus: TusUploads,
        interruptible: InterruptibleUploads,
        collision: Collision
    ) {
        self.intake = intake
        self.requests = requests
        self.preconditions = preconditions
        self.planning = planning
        self.answers = answers
        self.tus = tus
        self.interruptible = interruptible
        self.collision = collision
    }

    var routes: [Route] {
        [
            Route(.post, "/upload-file", .creation) { [self] call in try await respond(to: request(call, .form), call)
            },
            Route(.post, "/files", .creation) { [self] call in try await respond(to: inDirectory(call), call) },
            Route(.post, "/files/{directory}/", .creation) { [self] call in
                try await respond(to: inDirectory(call), call)
            },
            Route(.get, "/uploads/{id}", .upload, respond: goOn),
            Route(.patch, "/uploads/{id}", .upload, respond: goOn),
            Route(.post, "/uploads/{id}", .upload, respond: goOn),
            Route(.delete, "/uploads/{id}", .upload, respond: goOn),
            Route(.put, "/files/{path}", .file(.upload)) { [self] call in try await respond(to: replacing(call), call)
            },
            // Ends in an empty name, which is refused as such.
            Route(.put, "/files/{directory}/", .file(.upload)) { [self] call in
                try await respond(to: replacing(call.withEmptyName), call)
            },
        ]
    }

    @inline(never)
    private func inDirectory(_ call: Call) throws -> UploadRequest {
        try request(call, .directory(try call.newDirectory()))
    }

    @inline(never)
    private func replacing(_ call: Call) throws -> UploadRequest {
        let path = try call.newPath()
        guard call.request.headers[.contentRange] == nil else { throw Problem.contentRange }
        return try request(call, .file(path, .none))
    }

    /// The only look at which protocol a request speaks.
    @inline(never)
    private func request(_ call: Call, _ target: UploadRequest.Target) throws -> UploadRequest {
        let request = call.request
        let length = request.body.declaredLength
        let dispatch = try UploadDispatch.choose(request.method, .files, request.headers, content: length)
        return self.request(request, target, dispatch, call.uploader)
    }

    private func request(
        _ request: Request,
        _ target: UploadRequest.Target,
        _ dispatch: UploadDispatch,
        _ uploader: Uploader?
    ) -> UploadRequest {
        UploadRequest(
            request: request,
            target: target,
            dispatch: dispatch,
            collision: collision,
            limits: intake.limits.limits(for: uploader),
            uploader: uploader
        )
    }

    /// Its frame stays for as long as the body takes to come, and the deepest call before that makes the task's stack:
    /// what is not every upload's is apart.
    private func respond(to upload: UploadRequest, _ call: Call) async throws -> Response {
        guard upload.isPlain, upload.request.headers[.idempotencyKey] == nil else {
            return try await begin(upload, call)
        }
        let transfer = try await transfer(upload, call)
        return try answers.answer(try await transfer.files(), to: upload)
    }

    // MARK: Uploads of several requests

    @inline(never)
    private func begin(_ upload: UploadRequest, _ call: Call) async throws -> Response {
        switch upload.dispatch {
        case .tus(let method):
            guard method == .post else { throw Problem.methodNotAllowed(call.route.method.rawValue) }
            return try await tus.create(call, in: upload.directory)
        case .resumableCreation(let creation) where interruptible.takes(creation, of: call):
            return try await interruptible.create(try await conditional(upload), creation, call)
        case .resumableCreation(let creation):
            return try await interruptible.marking(creation) {
                try answers.answer(try await files(of: upload, call), to: upload)
            }
        case .plain, .discovery, .resumable:
            return try answers.answer(try await files(of: upload, call), to: upload)
        }
    }

    private func goOn(_ call: Call) async throws -> Response {
        let request = call.request
        switch try UploadDispatch.choose(request.method, .upload, request.headers, content: nil) {
        case .tus(let method):
            return try await tus.respond(call, method)
        case .resumable(let method, let dialect, let asksPlainly):
            return try await interruptible.respond(call, method, dialect, asksPlainly: asksPlainly)
        case .plain, .discovery, .resumableCreation:
            throw Problem.methodNotAllowed(ResumableRequest.methods)
        }
    }

    // MARK: Uploads of one request

    /// What the request brings; for one that repeats another, what that one brought.
    private func files(of upload: UploadRequest, _ call: Call) async throws -> [PublishedFile] {
        guard let key = try IdempotencyKey(call) else { return try await transfer(upload, call).files() }
        switch try await requests.begin(key) {
        case .new(let turn):
            defer { turn.end() }
            return try await transfer(upload, call, turn).files()
        case .running:
            throw Problem.idempotencyKeyInUse
        case .recorded(let recorded):
            // Without its conditions, which the first request itself may have made false.
            let repeated = RepeatedUpload(upload: upload, plan: try planning.planUnseen(upload), recorded: recorded)
            return try await repeated.files(comparing: requests, call)
        }
    }

    @inline(never)
    private func transfer(
        _ unconditional: UploadRequest,
        _ call: Call,
        _ turn: RequestTurn? = nil
    ) async throws -> UploadTransfer {
        let upload = try await conditional(unconditional)
        let plan: any UploadPlan
        do {
            plan = try await planning.plan(upload)
        } catch {
            intake.refused(because: IngestError.receiving(error))
            throw error
        }
        let batch = try await intake.openBatch(
            body: upload.request.body.declaredLength,
            claim: plan.claim,
            replacing: plan.replaced,
            from: call.source,
            logger: call.logger
        )
        return UploadTransfer(upload, plan, into: batch, turn)
    }

    /// With the conditions that the bucket is to check when the file gets its name; throws if they do not even hold now.
    private func conditional(_ upload: UploadRequest) async throws -> UploadRequest {
        guard case .file(let path, _) = upload.target else { return upload }
        let conditions = Conditions(upload.request.headers)
        guard !conditions.isEmpty else { return upload }
        let precondition = try await preconditions.precondition(conditions, for: path)
        return request(upload.request, .file(path, precondition), upload.dispatch, upload.uploader)
    }
}

extension Call {
    fileprivate var withEmptyName: Call {
        Call(request: request, route: route, captures: captures + [[]], principal: principal, began: began)
    }
}
