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
            ["ended jobs in the ledger", "at the same time", "jobs/s (least to most)"]
        )
        for history in [0, rows] {
            let directory = try TemporaryDirectory()
            let filling = LedgerFilling(directory: directory.path)
            try await filling.fill(jobs: jobs * rounds * Self.workers.count, of: Self.kind, history: history)
            var rates: [Int: [Double]] = [:]
            for _ in 0..<rounds {
                for workers in Self.workers {
                    let rate = try await Self.drain(directory.path, workers: workers, jobs: jobs)
                    rates[workers, default: []].append(rate)
                    Progress.say("jobs, \(history) rows, \(workers) at the same time: \(decimal(rate))/s")
                }
            }
            for (workers, measured) in rates.sorted(by: { $0.key < $1.key }) {
                let range = "\(decimal(measured.min() ?? 0, 0)) to \(decimal(measured.max() ?? 0, 0))"
                table.row(["\(history)", "\(workers)", "\(decimal(measured.median, 0)) (\(range))"])
            }
        }
        table.end("Four at the same time is the default of `jobs.workers`. Load average \(Machine.load()).")
    }

    private static func drain(_ directory: FilePath, workers: Int, jobs: Int) async throws -> Double {
        let ledger = try await LedgerFilling.open(directory)
        let clock = ContinuousClock()
        let start = clock.now
        var done = 0
        while done < jobs {
            let claims = try await ledger.claim(capacity: [kind: workers])
            guard !claims.isEmpty else { break }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for claim in claims {
                    group.addTask { _ = try await ledger.finish(claim, .done(result: nil)) }
                }
                try await group.waitForAll()
            }
            done += claims.count
        }
        let time = seconds(clock.now - start)
        try await ledger.close()
        return Double(done) / time
    }
}
