package import Ingest
package import Metrics

/// What is counted of jobs; the labels are the kinds of the catalog and closed sets.
package struct JobMetrics: Sendable {
    enum Outcome: String, CaseIterable {
        case done
        case retry
        case dead
        case cancelled
        /// Handed back because the daemon stops.
        case interrupted
        /// The claim no longer stood when the run ended.
        case lost
    }

    private struct OfKind {
        let started: Counter
        let running: Gauge
        let runTime: Timer
        let waitTime: Timer
        let helperDeaths: Counter
        let oldestReady: Gauge
        let ended: [Outcome: Counter]
        let depth: [JobState: Gauge]

        init(_ kind: JobKind, _ factory: any MetricsFactory) {
            let label = ("kind", kind.rawValue)
            started = Counter(label: "bucketd_jobs_started_total", dimensions: [label], factory: factory)
            running = Gauge(label: "bucketd_jobs_running", dimensions: [label], factory: factory)
            runTime = Timer(label: "bucketd_job_run_seconds", dimensions: [label], factory: factory)
            waitTime = Timer(label: "bucketd_job_wait_seconds", dimensions: [label], factory: factory)
            helperDeaths = Counter(label: "bucketd_job_helper_deaths_total", dimensions: [label], factory: factory)
            oldestReady = Gauge(label: "bucketd_job_oldest_ready_seconds", dimensions: [label], factory: factory)
            ended = Dictionary(
                uniqueKeysWithValues: Outcome.allCases.map { outcome in
                    let dimensions = [label, ("outcome", outcome.rawValue)]
                    return (
                        outcome, Counter(label: "bucketd_jobs_ended_total", dimensions: dimensions, factory: factory)
                    )
                }
            )
            depth = Dictionary(
                uniqueKeysWithValues: JobState.allCases.map { state in
                    (
                        state,
                        Gauge(label: "bucketd_jobs", dimensions: [label, ("state", state.rawValue)], factory: factory)
                    )
                }
            )
        }
    }

    private let ofKind: [JobKind: OfKind]
    private let rescues: Counter
    private let corruptFiles: Counter

    package init(kinds: [JobKind], factory: any MetricsFactory = MetricsSystem.factory) {
        ofKind = Dictionary(uniqueKeysWithValues: kinds.map { ($0, OfKind($0, factory)) })
        rescues = Counter(label: "bucketd_job_rescues_total", factory: factory)
        corruptFiles = Counter(label: "bucketd_files_corrupt_total", factory: factory)
    }

    func rescued(_ count: Int) {
        rescues.increment(by: count)
    }

    func foundCorruptFile() {
        corruptFiles.increment()
    }

    func started(_ job: Job, at now: Timestamp) {
        ofKind[job.kind]?.started.increment()
        let wait = max(0, now.milliseconds - max(job.runAt, job.createdAt).milliseconds)
        ofKind[job.kind]?.waitTime.recordMilliseconds(wait)
    }

    func running(_ kind: JobKind, count: Int) {
        ofKind[kind]?.running.record(count)
    }

    func ended(_ job: Job, _ outcome: Outcome, after time: Duration, helperDied: Bool) {
        ofKind[job.kind]?.ended[outcome]?.increment()
        ofKind[job.kind]?.runTime.record(duration: time)
        if helperDied {
            ofKind[job.kind]?.helperDeaths.increment()
        }
    }

    func record(_ depths: [JobDepth], at now: Timestamp) {
        for (kind, metrics) in ofKind {
            let rows = depths.filter { $0.kind == kind }
            for (state, gauge) in metrics.depth {
                gauge.record(rows.first { $0.state == state }?.count ?? 0)
            }
            let oldest = rows.compactMap(\.oldestDue).min()
            let age = oldest.map { max(0, now.milliseconds - $0.milliseconds) } ?? 0
            metrics.oldestReady.record(Double(age) / 1000)
        }
    }
}
