import IngestTesting
import SystemPackage

/// Measures contestants in turns, each time on a fresh filesystem, and prints medians beside each other.
struct Comparison {
    let contestants: [any Contestant]
    let disk: FreshFilesystem
    let rounds: Int

    func run(_ workload: Workload) async throws {
        let loadBefore = Machine.load()
        var results = contestants.map { _ in [Measurement]() }
        var failures = contestants.map { _ in 0 }
        for round in 1...max(1, rounds) {
            // Who goes first has it easier or harder than the others: each begins once.
            for step in contestants.indices {
                let index = (step + round - 1) % contestants.count
                let contestant = contestants[index]
                let title = "\(workload.title), round \(round), \(contestant.name)"
                do {
                    let measured = try await disk.with { try await contestant.measure(workload, in: $0) }
                    guard let measured else { continue }
                    results[index].append(measured)
                    Progress.say("\(title): \(decimal(measured.rate(counted: workload.isCounted))) \(unit(workload))")
                } catch {
                    // A peer that fails is no reason to lose what the others were measured at.
                    Progress.say("\(title): \(error)")
                    failures[index] += 1
                }
            }
        }
        let measured = zip(contestants, results).filter { !$1.isEmpty }.map { ContestantResult($0, $1, workload) }
        show(measured, of: workload)
        for (contestant, count) in zip(contestants, failures) where count > 0 {
            print("\(contestant.name) failed in \(count) rounds, which do not count.\n")
        }
        print("Load average before \(loadBefore), after \(Machine.load()).\n")
    }

    private func unit(_ workload: Workload) -> String { workload.isCounted ? "uploads/s" : "MiB/s" }

    private func show(_ results: [ContestantResult], of workload: Workload) {
        let work = workload.isCounted ? "ms/upload" : "s/GiB"
        let table = Table(
            "\(workload.title), medians of \(max(1, rounds))",
            [
                "", "\(unit(workload)) (least to most)", "p50", "p99", "CPU \(work)", "CPU, its jobs done",
                "peak memory",
                "load's CPU", "bucketd's rate", "relaxed's rate", "bucketd's CPU",
            ]
        )
        let durable = results.first { $0.name == "bucketd" }
        let relaxed = results.first { $0.name == "bucketd, relaxed" }
        for result in results {
            table.row(
                result.cells + [
                    ratio(durable?.rate, result.rate), ratio(relaxed?.rate, result.rate),
                    ratio(durable?.cost, result.cost),
                ]
            )
        }
        let errors = results.filter { $0.errors > 0 }.map { "\($0.name) failed \($0.errors) uploads." }
        table.end(errors.joined(separator: " "))
    }

    private func ratio(_ value: Double?, _ other: Double) -> String {
        value.map { decimal($0 / other, 2) + " x" } ?? ""
    }
}

/// What a contestant made of a workload, over all rounds.
private struct ContestantResult {
    let name: String
    let rate: Double
    /// Processor time for the work.
    let cost: Double
    let errors: Int
    let cells: [String]

    init(_ contestant: any Contestant, _ measurements: [Measurement], _ workload: Workload) {
        let counted = workload.isCounted
        let rates = measurements.map { $0.rate(counted: counted) }
        name = contestant.name
        rate = rates.median
        cost = measurements.map { $0.cost($0.processorTime, counted: counted) }.median
        errors = measurements.reduce(0) { $0 + $1.errors }
        let settled = measurements.compactMap { one in one.settledTime.map { one.cost($0, counted: counted) } }
        let isOne = workload.uploads == 1
        cells = [
            name,
            rates.spread(),
            decimal(measurements.map(\.median).median) + " ms",
            isOne ? "" : decimal(measurements.map(\.percentile99).median) + " ms",
            decimal(cost, 2),
            settled.isEmpty ? "" : decimal(settled.median, 2),
            mebibytes(Int(measurements.map { Double($0.memory) }.median)),
            contestant is Floor ? "" : decimal(measurements.map { $0.cost($0.loadTime, counted: counted) }.median, 2),
        ]
    }
}
