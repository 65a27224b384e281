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
            var measured: [Int: [Round]] = [:]
            for _ in 0..<rounds {
                for workers in Self.workers {
                    let round = try await Self.drain(directory.path, workers: workers, jobs: jobs)
                    measured[workers, default: []].append(round)
                    Progress.say("jobs, \(history) rows, \(workers) at the same time: \(decimal(round.perSecond))/s")
                }
            }
            for (workers, measured) in measured.sorted(by: { $0.key < $1.key }) {
                table.row(["\(history)", "\(workers)"] + measured.cells(rate: 0))
            }
        }
        table.end(
            "A job's time is that from before it is asked for until its end is recorded. Four at the same time is the "
                + "default of `jobs.workers`. The queue runs in the benchmark's own process, whose peak memory is that of "
                + "filling the ledger. Load average \(Machine.load())."
        )
    }

    private static func drain(_ directory: FilePath, workers: Int, jobs: Int) async throws -> Round {
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
        return Round(times: times.sorted(), seconds: time, processorTime: used)
    }
}
