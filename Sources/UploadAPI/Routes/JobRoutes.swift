import Access
import HTTPTypes
import Ingest
import MicroHTTP

/// The queue of jobs.
struct JobRoutes: Sendable {
    let queue: any JobQueue
    let ends: JobEnds
    let wasCancelled: @Sendable (Job) async -> Void

    var routes: [Route] {
        [
            Route(.get, "/jobs", .server(.admin)) { try await list($0) },
            Route(.get, "/jobs/{id}", .server(.admin)) { try await read($0) },
            Route(.post, "/jobs/{id}/retry", .server(.admin)) { try await retry($0) },
            Route(.delete, "/jobs/{id}", .server(.admin)) { try await cancel($0) },
        ]
    }

    private func list(_ call: Call) async throws -> Response {
        let limit = try call.number("limit", default: 100, maximum: 1000)
        let filter = JobFilter(
            state: try call.parameter("state").map(Self.state),
            kind: try call.parameter("kind").map { JobKind($0) },
            path: try call.parameter("file").map { BucketPath(recorded: Array($0.utf8)) }
        )
        let before = try call.parameter("after").map(Self.cursor)
        let jobs = try await queue.jobs(matching: filter, before: before, limit: limit)
        let next = jobs.count == limit ? jobs.last.map { JSONValue.string("\($0.id.rawValue)") } : nil
        return .json(.members(["jobs": .array(jobs.map(JSONValue.init)), "next": next ?? .null]))
    }

    /// With `Prefer: wait=N` the answer comes when the job has ended, or after N seconds with the job as it is then.
    private func read(_ call: Call) async throws -> Response {
        let id = try Self.id(of: call)
        guard var job = try await queue.job(id) else { throw Problem.notFound }
        let wait = Preferences(call.request.headers[.prefer]).wait
        if let wait, wait > 0, !job.state.isFinal {
            job = try await JobWait(queue: queue, ends: ends).end(of: job, within: .seconds(wait))
        }
        var response = Response.json(JSONValue(job))
        response.headers[.preferenceApplied] = wait.map { "wait=\($0)" }
        return response
    }

    private func retry(_ call: Call) async throws -> Response {
        guard let job = try await queue.retry(try Self.id(of: call)) else { throw Problem.notFound }
        guard job.state == .ready || job.state == .blocked else {
            throw Problem.jobState(job, "Only a job that is dead or cancelled can be tried again.")
        }
        return .json(JSONValue(job))
    }

    private func cancel(_ call: Call) async throws -> Response {
        let job = try await queue.cancel(try Self.id(of: call), reason: "cancelled by a client")
        guard let job else { throw Problem.notFound }
        guard job.state == .cancelled else {
            throw Problem.jobState(job, "A job that has ended cannot be cancelled.")
        }
        await wasCancelled(job)
        return .json(JSONValue(job))
    }

    private static func id(of call: Call) throws -> JobID {
        guard let text = call.captures.first.flatMap({ String(validating: $0, as: UTF8.self) }), let id = Int64(text)
        else { throw Problem.notFound }
        return JobID(id)
    }

    private static func state(_ text: String) throws -> JobState {
        guard let state = JobState(rawValue: text) else {
            let states = JobState.allCases.map(\.rawValue).joined(separator: ", ")
            throw Problem.parameter("state", "It is one of \(states).")
        }
        return state
    }

    private static func cursor(_ text: String) throws -> JobID {
        guard let id = Int64(text) else { throw Problem.parameter("after", "It is a value of next.") }
        return JobID(id)
    }
}

extension Problem {
    fileprivate static func jobState(_ job: Job, _ detail: String) -> Self {
        var problem = Self(.conflict, "job-state", "The job's state does not allow it.", detail: detail)
        problem.members = [JSONMember(name: "job", value: JSONValue(job))]
        return problem
    }
}
