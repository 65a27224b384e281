import Glibc
import Ingest
import IngestTesting
import Ledger
import SystemPackage

/// How many jobs without work the queue hands out and takes back in a second, durably, in a new and in an old ledger.
struct JobRate {
    private static let kind = JobKind("empty")
    /// Jobs at the same time.
    private static let workers = [4, 64]

    let rounds: Int
    let scale: Double
    /// Ended jobs, and as many files, of an old ledger.
    let rows: Int

    func run() async throws {
        let jobs = max(2000, Int(20_000 * scale))
        let table = Table(
            "Empty jobs: claim and finish, medians of \(rounds)",
            ["ended jobs in the ledger", "at the same time", "jobs/s (least to most)", "p50", "p99", "CPU ms/job"]
        )
        for history in [0, rows] {
            let directory = try TemporaryDirectory()
            let filling = LedgerFilling(directory: directory.path)
            try await filling.fill(jobs: jobs * rounds * Self.workers.count, of: Self.kind, history: history)
            var samples: [Int: [Sample]] = [:]
            for _ in 0..<rounds {
                for workers in Self.workers {
                    let sample = try await Self.drain(directory.path, workers: workers, jobs: jobs)
                    samples[workers, default: []].append(sample)
                    Progress.say("jobs, \(history) rows, \(workers) at the same time: \(decimal(sample.perSecond))/s")
                }
            }
            for (workers, samples) in samples.sorted(by: { $0.key < $1.key }) {
                let rates = samples.map(\.perSecond)
                let range = "\(decimal(rates.min() ?? 0, 0)) to \(decimal(rates.max() ?? 0, 0))"
                table.row([
                    "\(history)", "\(workers)", "\(decimal(rates.median, 0)) (\(range))",
                    decimal(samples.map(\.times.median).median, 2) + " ms",
                    decimal(samples.map { $0.times[Int(Double($0.times.count - 1) * 0.99)] }.median, 2) + " ms",
                    decimal(samples.map(\.perJob).median, 3),
                ])
            }
        }
        table.end(
            "A job's time is that from before it is asked for until its end is recorded. Four at the same time is the "
                + "default of `jobs.workers`. The queue runs in the benchmark's own process, whose peak memory is that of "
                + "filling the ledger. Load average \(Machine.load())."
        )
    }

    private struct Sample {
        /// Milliseconds of each job, the least first.
        let times: [Double]
        let seconds: Double
        let processorTime: Double

        var perSecond: Double { Double(times.count) / seconds }
        /// Milliseconds of processor time.
        var perJob: Double { 1000 * processorTime / Double(times.count) }
    }

    private static func drain(_ directory: FilePath, workers: Int, jobs: Int) async throws -> Sample {
        let ledger = try await LedgerFilling.open(directory)
        let clock = ContinuousClock()
        let start = clock.now
        let before = ProcessTree(of: getpid()).processorTime
        var times: [Double] = []
        while times.count < jobs {
            let asked = clock.now
            let claims = try await ledger.claim(capacity: [kind: workers])
            guard !claims.isEmpty else { break }
            try await withThrowingTaskGroup(of: Double.self) { group in
                for claim in claims {
                    group.addTask {
                        _ = try await ledger.finish(claim, .done(result: nil))
                        return seconds(clock.now - asked) * 1000
                    }
                }
                for try await time in group { times.append(time) }
            }
        }
        let time = seconds(clock.now - start)
        let used = ProcessTree(of: getpid()).processorTime - before
        try await ledger.close()
        return Sample(times: times.sorted(), seconds: time, processorTime: used)
    }
}
