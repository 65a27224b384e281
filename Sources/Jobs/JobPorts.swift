package import Ingest

/// What the job runner works with.
package struct JobPorts: Sendable {
    package var queue: any JobQueue
    package var ledger: any FileLedger
    package var files: any BucketFiles
    package var ends: JobEnds
    package var locks: FileLocks
    package var scratch: ScratchDirectory
    package var placement: OutputPlacement
    package var metrics: JobMetrics
    package var wallClock: any WallClock
    /// For deadlines and waits.
    package var clock: any Clock<Duration>

    package init(
        queue: any JobQueue,
        ledger: any FileLedger,
        files: any BucketFiles,
        ends: JobEnds,
        locks: FileLocks,
        scratch: ScratchDirectory,
        placement: OutputPlacement,
        metrics: JobMetrics,
        wallClock: any WallClock,
        clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.queue = queue
        self.ledger = ledger
        self.files = files
        self.ends = ends
        self.locks = locks
        self.scratch = scratch
        self.placement = placement
        self.metrics = metrics
        self.wallClock = wallClock
        self.clock = clock
    }
}
