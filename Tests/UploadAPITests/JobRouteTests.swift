import HTTPTypes
import Ingest
import Testing
import Threading

@testable import UploadAPI

@Suite(.timeLimit(.minutes(1))) struct JobRouteTests {
    private let service = TestService(plan: ["checksum"])

    private func ids(_ reply: Reply) -> [JSONValue?] {
        (JSONValue(parsing: reply.bytes)?["jobs"]?.elements ?? []).map { $0["id"] }
    }

    @Test func jobsAreListedNewestFirst() async {
        for name in ["a", "b", "c"] { service.bucket.add(name) }
        service.bucket.endJob(4, .dead, error: "broken")
        #expect(ids(await service.send(.get, "/jobs")) == [.number(6), .number(4), .number(2)])
        #expect(ids(await service.send(.get, "/jobs?state=dead")) == [.number(4)])
        #expect(ids(await service.send(.get, "/jobs?kind=other")) == [])
        #expect(ids(await service.send(.get, "/jobs?file=c")) == [.number(6)])
        let page = await service.send(.get, "/jobs?limit=2")
        #expect(ids(page) == [.number(6), .number(4)])
        #expect(JSONValue(parsing: page.bytes)?["next"] == .string("4"))
        let last = await service.send(.get, "/jobs?limit=2&after=4")
        #expect(ids(last) == [.number(2)])
        #expect(JSONValue(parsing: last.bytes)?["next"] == .null)
        #expect(await service.send(.get, "/jobs?state=lost").status == 400)
    }

    @Test func oneJobIsReadTriedAgainAndCancelled() async {
        service.bucket.add("a")
        #expect(await service.send(.get, "/jobs/2").text.hasPrefix(#"{"id":2,"kind":"checksum","state":"ready","#))
        #expect(await service.send(.delete, "/jobs/2").status == 200)
        #expect(await service.send(.get, "/jobs/2").text.contains(#""error":"cancelled by a client""#))
        #expect(await service.send(.post, "/jobs/2/retry").text.contains(#""state":"ready""#))
        service.bucket.endJob(2, .done)
        let retried = await service.send(.post, "/jobs/2/retry")
        #expect(retried.status == 409)
        #expect(retried.text.contains(#""job":{"id":2"#))
        #expect(await service.send(.delete, "/jobs/2").status == 409)
        for target in ["/jobs/99", "/jobs/x", "/jobs/%FF", "/jobs/99999999999999999999"] {
            #expect(await service.send(.get, target).status == 404)
            #expect(await service.send(.delete, target).status == 404)
        }
    }

    @Test func aWaitEndsWithTheJob() async throws {
        service.bucket.add("a")
        async let waited = service.send(.get, "/jobs/2", ["Prefer": "respond-async, wait=30"])
        service.bucket.endJob(2, .done)
        service.ends.ended(JobID(2))
        let reply = await waited
        #expect(reply.text.contains(#""state":"done""#))
        #expect(reply["Preference-Applied"] == "wait=30")
    }

    @Test func aWaitEndsWithItsTime() async throws {
        service.bucket.add("a")
        let job = try #require(try await service.bucket.job(JobID(2)))
        let wait = JobWait(queue: service.bucket, ends: service.ends, lookAgain: .milliseconds(1))
        #expect(try await wait.end(of: job, within: .milliseconds(5)).state == .ready)
    }

    @Test func anEndThatWasAnnouncedTooEarlyIsSeen() async throws {
        service.bucket.add("a")
        let job = try #require(try await service.bucket.job(JobID(2)))
        service.bucket.endJob(2, .dead)
        let wait = JobWait(queue: service.bucket, ends: service.ends, lookAgain: .milliseconds(1))
        #expect(try await wait.end(of: job, within: .seconds(30)).state == .dead)
    }

    @Test(arguments: [
        ("wait=5", 5), ("WAIT = 5", 5), ("wait=\"5\"", 5), ("wait=500", 60), ("wait=-1", nil), ("wait=x", nil),
        ("return=minimal", nil),
    ])
    func preferencesAreBounded(field: String, wait: Int?) {
        #expect(Preferences(field).wait == wait)
    }

    private let tasks = [
        TaskDescription(
            kind: JobKind("sweep"),
            isPeriodic: true,
            job: PlannedJob(kind: JobKind("sweep"), maxAttempts: 1)
        ),
        TaskDescription(
            kind: JobKind("checksum"),
            isPeriodic: false,
            job: PlannedJob(kind: JobKind("checksum"), maxAttempts: 3)
        ),
    ]

    @Test(arguments: [
        ("", ["sweep null"]), ("{}", ["sweep null"]), (#"{"tasks":[]}"#, []),
        (#"{"tasks":["checksum"],"prefix":"a/"}"#, ["checksum a/b", "checksum a/c"]),
        (#"{"tasks":["checksum","sweep","checksum"]}"#, ["sweep null", "checksum a/b", "checksum a/c", "checksum d"]),
    ])
    func tasksAreScheduled(body: String, expected: [String]) async {
        let service = TestService { $0.tasks = tasks }
        for name in ["a/b", "a/c", "d"] { service.bucket.add(name) }
        let reply = await service.send(.post, "/run-tasks", body: body)
        #expect(reply.status == 202)
        #expect(reply.text.hasPrefix(#"{"message":"Tasks scheduled","jobs":["#))
        let jobs = JSONValue(parsing: reply.bytes)?["jobs"]?.elements ?? []
        #expect(jobs.map { "\($0["kind"]?.text ?? "") \($0["file"]?.text ?? "null")" } == expected)
    }

    @Test(arguments: [
        "[]", "x", "{", #"{"tasks":"sweep"}"#, #"{"tasks":[1]}"#, #"{"tasks":["lost"]}"#, #"{"task":[]}"#,
        #"{"tasks":["checksum"],"prefix":1}"#, #"{"prefix":"a"}"#,
    ])
    func whatIsNoOrderIsRefused(body: String) async {
        let service = TestService { $0.tasks = tasks }
        service.bucket.add("a")
        let reply = await service.send(.post, "/run-tasks", body: body)
        #expect(reply.status == 400)
        #expect(service.bucket.state.withLock { $0.jobs.isEmpty })
    }

    @Test func anUnknownTaskIsNamedAndALargeBodyRefused() async {
        let service = TestService { $0.tasks = tasks }
        let reply = await service.send(.post, "/run-tasks", body: #"{"tasks":["lost"]}"#)
        #expect(reply.text.contains("There is no task lost; there are: sweep, checksum."))
        let large = [UInt8](repeating: 32, count: (64 << 10) + 1)
        #expect(await service.send(.post, "/run-tasks", chunks: [large]).status == 413)
        #expect(await service.send(.post, "/run-tasks", chunks: [large], isLengthDeclared: false).status == 413)
    }
}
