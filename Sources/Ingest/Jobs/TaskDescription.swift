/// What the rest of the daemon knows of a kind of task.
package struct TaskDescription: Sendable, Equatable {
    package var kind: JobKind
    /// A periodic task works on the whole bucket, any other on one file.
    package var isPeriodic: Bool
    /// The job to enqueue for one run.
    package var job: PlannedJob

    package init(kind: JobKind, isPeriodic: Bool, job: PlannedJob) {
        self.kind = kind
        self.isPeriodic = isPeriodic
        self.job = job
    }
}
