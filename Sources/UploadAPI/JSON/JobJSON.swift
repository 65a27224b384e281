import Ingest

extension JSONValue {
    /// A job as clients see it.
    init(_ job: Job) {
        self = .members([
            "id": .number(job.id.rawValue),
            "kind": .string(job.kind.rawValue),
            "state": .string(job.state.rawValue),
            "file": .string(orNull: job.path?.description),
            "attempt": .number(Int64(job.attempt)),
            "error": .string(orNull: job.error),
            "result": .string(orNull: job.result),
            "createdAt": .string(job.createdAt.rfc3339),
            "startedAt": .string(orNull: job.startedAt?.rfc3339),
            "finishedAt": .string(orNull: job.finishedAt?.rfc3339),
        ])
    }
}
