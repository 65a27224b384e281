import Access
import HTTPTypes
import Ingest
import MicroHTTP

/// Starts tasks by hand.
struct TaskRoutes: Sendable {
    let ledger: any FileLedger
    let queue: any JobQueue
    let tasks: [TaskDescription]

    private static let bodyLimit = 64 << 10
    private static let filesAtATime = 500
    private static let enqueuedAtATime = 32
    /// Jobs that are named in the answer; there may be one for every file.
    private static let listedJobs = 1000

    var routes: [Route] {
        [Route(.post, "/run-tasks", .server(.admin)) { try await run($0) }]
    }

    private func run(_ call: Call) async throws -> Response {
        try call.request.requireIdentity()
        let order = try TaskOrder(try await call.body(limit: Self.bodyLimit), tasks: tasks)
        var jobs: [Job] = []
        var count = 0
        for task in order.tasks where task.isPeriodic {
            jobs.append(try await queue.enqueue(task.job))
            count += 1
        }
        let planned = order.tasks.filter { !$0.isPeriodic }.map(\.job)
        var position: BucketPath?
        while !planned.isEmpty {
            let page = try await ledger.files(prefix: order.prefix, after: position, limit: Self.filesAtATime)
            let added = try await enqueue(planned, for: page.map(\.id))
            jobs += added.prefix(max(0, Self.listedJobs - jobs.count))
            count += added.count
            guard page.count == Self.filesAtATime else { break }
            position = page.last?.path
        }
        return .json(
            .members([
                "message": .string("Tasks scheduled"),
                "jobs": .array(jobs.map(JSONValue.init)),
                "omitted": count > jobs.count ? .number(Int64(count - jobs.count)) : nil,
            ]),
            status: .accepted
        )
    }

    /// Several at a time, so that they share the ledger's transactions; the jobs come back in the order of the files.
    private func enqueue(_ jobs: [PlannedJob], for files: [FileID]) async throws -> [Job] {
        var added: [Job] = []
        for start in stride(from: 0, to: files.count, by: Self.enqueuedAtATime) {
            try Task.checkCancellation()
            let some = files[start..<min(start + Self.enqueuedAtATime, files.count)]
            added += try await withThrowingTaskGroup { group in
                for (place, file) in some.enumerated() {
                    group.addTask { (place, try await queue.enqueue(jobs, for: file)) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
                    .sorted { $0.0 < $1.0 }
                    .flatMap(\.1)
            }
        }
        return added
    }
}
