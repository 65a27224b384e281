import Access
import HTTPTypes
package import Ingest
package import Logging
package import MicroHTTP
import Multipart

/// The HTTP surface of the bucket.
///
/// A class for the reason that `Request` is one.
package final class UploadService: Sendable {
    let router: Router
    private let policy: RequestPolicy
    private let access: AccessRules
    private let metrics: RouteMetrics
    private let tus: TusUploads
    private let limits: ResumableLimits
    private let page: String

    /// `old` is the service that this one takes the place of, over the same uploads.
    package init(
        intake: UploadIntake,
        uploads: ResumableUploads,
        requests: IdempotentRequests,
        catalog: FileCatalog,
        files: any BucketFiles,
        ledger: any FileLedger,
        queue: any JobQueue,
        ends: JobEnds,
        health: Health,
        thumbnails: any ThumbnailLocator,
        options: UploadServiceOptions = UploadServiceOptions(),
        replacing old: UploadService? = nil
    ) {
        let json = FileJSON(urls: options.urls, thumbnails: thumbnails)
        let preconditions = WritePreconditions(files: files)
        let planning = UploadPlanning(names: NameAdvice(files: files))
        let answers = UploadAnswers(json: json)
        tus = TusUploads(
            uploads: uploads,
            urls: options.urls,
            names: planning.names,
            collision: options.collision,
            replacing: old?.tus
        )
        let routes =
            UploadRoutes(
                intake: intake,
                requests: requests,
                preconditions: preconditions,
                planning: planning,
                answers: answers,
                tus: tus,
                interruptible: InterruptibleUploads(
                    uploads: uploads,
                    planning: planning,
                    answers: answers,
                    queue: queue,
                    options: options
                ),
                collision: options.collision
            ).routes
            + FileRoutes(
                catalog: catalog,
                files: files,
                preconditions: preconditions,
                json: json,
                wasRemoved: options.fileWasRemoved
            ).routes
            + ThumbnailRoutes(catalog: catalog, ledger: ledger, thumbnails: thumbnails).routes
            + JobRoutes(queue: queue, ends: ends, wasCancelled: options.jobWasCancelled).routes
            + TaskRoutes(ledger: ledger, queue: queue, tasks: options.tasks).routes
            + TicketRoutes(tickets: options.access.tickets, uploads: uploads, urls: options.urls).routes
            + OperationsRoutes(health: health, readiness: options.readiness, metrics: options.metrics).routes
            + PageRoutes(catalog: catalog, json: json).routes
        router = Router(routes: routes)
        limits = ResumableLimits(ofNew: uploads)
        policy = options.policy
        access = options.access
        metrics = RouteMetrics(routes)
        page = options.urls.page
    }

    /// Makes uploads of pieces that were still being sent when they were begun, as soon as these are whole; until it is
    /// cancelled.
    ///
    /// To be called once, on the first service; `current` is the one in its place.
    package func assembleUploads(logger: Logger, by current: @Sendable () -> UploadService) async {
        await tus.assemble(logger: logger) { current().tus }
    }

    /// Makes those that can be made now.
    package func assembleWholeUploads(logger: Logger) async {
        await tus.assembleAll(logger: logger)
    }

    /// Has it try again what failed before.
    package func retryAssembly() {
        tus.wakes.continuation.yield()
    }

    /// The methods and path templates that are served, for the description of the API to agree with.
    var routes: [Route] { router.routes }

    /// Answers a request; never throws, whatever the request is.
    ///
    /// What it holds across the wait it holds for as long as a body takes to come.
    package func respond(to request: Request) async -> Response {
        let call: Call
        switch resolve(request) {
        case .call(let found): call = found
        case .response(let response): return response
        }
        do {
            return finish(try await call.route.respond(call), call)
        } catch {
            return finish(refusal(error, of: request, call.route, call.principal), call)
        }
    }

    // Apart, so that what they hold is on a thread's stack and not in the request's task.

    @inline(never)
    private func finish(_ answer: Response, _ call: Call) -> Response {
        finish(answer, to: call.request, of: call.route, call.principal, since: call.began)
    }

    private func finish(
        _ answer: Response,
        to request: Request,
        of route: Route?,
        _ principal: Principal? = nil,
        since began: ContinuousClock.Instant
    ) -> Response {
        var response = answer
        policy.sharing.share(&response, with: request)
        for name in [HTTPField.Name.location, .contentLocation] {
            response.headers[name] = response.headers[name].map(request.reference(to:))
        }
        if Tus.isSpoken(request.headers) {
            Tus.mark(&response.headers)
        }
        let time = ContinuousClock.now - began
        metrics.answered(route, request.method, response.status, after: time)
        guard request.isLogged(at: .debug) else { return response }
        request.logger(of: principal).debug(
            "request answered",
            metadata: [
                "http.route": "\(route?.template.text ?? "none")", "http.status": "\(response.status.code)",
                "http.duration": "\(time)", "http.peer": "\(request.peer)",
            ]
        )
        return response
    }

    @inline(never)
    private func refusal(
        _ error: any Error,
        of request: Request,
        _ route: Route?,
        _ principal: Principal? = nil
    ) -> Response {
        let problem = Problem(error)
        Self.log(error, as: problem, request, route, principal)
        return render(problem, for: request, of: route)
    }

    private enum Resolution {
        case call(Call)
        case response(Response)
    }

    /// What is known without waiting.
    @inline(never)
    private func resolve(_ request: Request) -> Resolution {
        let began = ContinuousClock.now
        var route: Route?
        var principal = Principal.stranger
        let answer: Response
        do {
            switch try match(request, route: &route) {
            case .found(let route, let captures):
                try access.admit(request, to: route.access, captures, as: &principal)
                return .call(
                    Call(request: request, route: route, captures: captures, principal: principal, began: began)
                )
            case .options(let allowed):
                // Browsers ask without credentials (Fetch), and routes are no secret.
                answer = options(allowed, on: request)
            case .methodNotAllowed(let allowed):
                try access.admit(request, to: nil, as: &principal)
                throw Problem.methodNotAllowed(allowed)
            case .notFound:
                try access.admit(request, to: nil, as: &principal)
                throw Problem.notFound
            }
        } catch {
            answer = refusal(error, of: request, route, principal)
        }
        return .response(finish(answer, to: request, of: route, principal, since: began))
    }

    private func options(_ allowed: String, on request: Request) -> Response {
        var headers: HTTPFields = [.allow: allowed]
        let path = request.target.pathBytes
        if request.target.form == .asterisk
            || ["/files", "/uploads", "/upload-file"].contains(where: { path.starts(with: Array($0.utf8)) })
        {
            headers.append(contentsOf: UploadDispatch.discovered(request.headers, limits: limits))
        }
        return Response(status: .noContent, headers: headers)
    }

    private func match(_ request: Request, route: inout Route?) throws -> Router.Match {
        if request.target.form == .asterisk, request.method == .options { return .options(router.allMethods) }
        let match = router.match(request.method, try PercentDecoding.segments(ofPath: request.target.pathBytes))
        if case .found(let found, _) = match {
            route = found
        }
        if route?.answersAnyHost != true {
            try policy.checkHost(request)
        }
        try policy.checkOrigin(request)
        return match
    }

    /// A browser that sent a form is shown a page, everybody else gets the problem document.
    private func render(_ problem: Problem, for request: Request, of route: Route?) -> Response {
        guard request.method == .post, route?.template.text.hasPrefix("/files") == true,
            MediaPreference(accept: request.headers[.accept]).prefersHTML
        else { return problem.response }
        var response = Response.html(
            ErrorPage(problem: problem, back: page + request.ticketQuery).html,
            status: problem.status
        )
        response.headers.append(contentsOf: problem.headers)
        return response
    }

    private static func log(
        _ error: any Error,
        as problem: Problem,
        _ request: Request,
        _ route: Route?,
        _ principal: Principal?
    ) {
        let level: Logger.Level = isFailure(error) ? .error : .debug
        guard request.isLogged(at: level) else { return }
        var metadata: Logger.Metadata = ["error": "\(error)", "http.problem": "\(problem.rule)"]
        if route?.template.text == "/uploads/{id}",
            let name = request.target.pathBytes.split(separator: UInt8(ascii: "/")).last,
            let id = UploadID(String(decoding: name, as: UTF8.self))
        {
            metadata["upload.id"] = "\(id)"
        }
        let message: Logger.Message = level == .error ? "request failed" : "request refused"
        request.logger(of: principal).log(level: level, message, metadata: metadata)
    }

    /// Whether something of ours broke.
    ///
    /// A refusal, be it for a full disk, is none: clients could fill the journal with them. The metrics count those.
    private static func isFailure(_ error: any Error) -> Bool {
        switch error {
        case let failure as UploadFailure: isFailure(failure.cause)
        case let error as IngestError: error.code == .storageFailed || error.code == .outcomeUnknown
        case is Problem, is AccessError, is MultipartError, is RequestBodyError, is RequestTargetError,
            is CancellationError:
            false
        default: true
        }
    }
}
