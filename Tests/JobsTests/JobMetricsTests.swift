import Ingest
import IngestTesting
import Jobs
import Metrics
import MetricsTestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct JobMetricsTests {
    private let metrics = TestMetrics()

    @Test func runsAreCountedByKindAndOutcome() async throws {
        var fixture = try await JobsFixture()
        fixture.metricsFactory = metrics
        let tasks = [
            ScriptedTask("good"), ScriptedTask("bad") { _ in throw TaskFailure(.permanent, "It failed.") },
            ScriptedTask("rotten") { _ in .corrupt(reason: "Other bytes.") },
        ]
        let record = try fixture.publish("a.txt")
        var jobs: [Job] = []
        for task in tasks {
            jobs.append(try await fixture.enqueue(task, for: record))
        }
        try await fixture.running(tasks) { _ in
            for job in jobs {
                _ = try await fixture.ended(job)
            }
        }
        for (kind, outcome) in [("good", "done"), ("bad", "dead"), ("rotten", "dead")] {
            let labels = [("kind", kind), ("outcome", outcome)]
            #expect(try metrics.expectCounter("bucketd_jobs_ended_total", labels).totalValue == 1)
            #expect(try metrics.expectCounter("bucketd_jobs_started_total", [("kind", kind)]).totalValue == 1)
            #expect(try metrics.expectTimer("bucketd_job_run_seconds", [("kind", kind)]).values.count == 1)
            #expect(try metrics.expectGauge("bucketd_jobs_running", [("kind", kind)]).lastValue == 0)
        }
        #expect(try metrics.expectCounter("bucketd_files_corrupt_total").totalValue == 1)
    }

    @Test func depthAndAgeAreThoseOfTheQueue() async throws {
        let fixture = try await JobsFixture()
        let task = ScriptedTask()
        for name in ["a", "b", "c"] {
            _ = try await fixture.enqueue(task, name)
        }
        _ = try await fixture.queue.claim(capacity: [task.description.kind: 1])
        fixture.time.advance(by: .seconds(5))
        let sampler = QueueSampler(
            queue: fixture.queue,
            metrics: JobMetrics(kinds: [task.description.kind], factory: metrics),
            wallClock: fixture.time.wallClock,
            logger: JobsFixture.silence
        )
        await sampler.sample()
        for (state, count) in [("ready", 2.0), ("running", 1), ("done", 0), ("dead", 0)] {
            let labels = [("kind", "work"), ("state", state)]
            #expect(try metrics.expectGauge("bucketd_jobs", labels).lastValue == count)
        }
        #expect(try metrics.expectGauge("bucketd_job_oldest_ready_seconds", [("kind", "work")]).lastValue == 5)
    }
}
