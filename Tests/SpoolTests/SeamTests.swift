import Ingest
import IngestTesting
import Spool
import Testing

/// Holds each step of an operation in turn, system call or transaction, and cuts it off there.
@Suite(.timeLimit(.minutes(2))) struct SeamTests {
    enum Cut: String, CaseIterable, Sendable {
        /// The request's task is cancelled.
        case client
        /// Its uploads are abandoned by somebody else.
        case upload
        /// The client is cut, and the ledger closed: it takes no more transactions.
        case stop
        /// The process ends, in the middle of the call.
        case death
    }

    @Test(arguments: Scenario.all, Cut.allCases)
    func theOutcomeIsWholeOrNothing(_ scenario: Scenario, _ cut: Cut) async throws {
        var number = 1
        while try await Seam(scenario, cut, number: number, ledger: VolatileLedger()).hold() {
            number += 1
        }
        #expect(number > 5)
    }

    @Test(arguments: Scenario.recorded)
    func aDeathIsSurvivedByTheDatabaseToo(_ scenario: Scenario) async throws {
        var number = 1
        while true {
            let ledger = try await StoredLedger()
            guard try await Seam(scenario, .death, number: number, ledger: ledger).hold() else { break }
            number += 1
        }
        #expect(number > 5)
    }

    @Test(arguments: Scenario.recorded)
    func aStopIsSurvivedByTheDatabaseToo(_ scenario: Scenario) async throws {
        // At the ends of the transactions only: what lies between them is the disk's.
        for number in try await transactionEnds(of: scenario) {
            _ = try await Seam(scenario, .stop, number: number, ledger: try await StoredLedger()).hold()
        }
    }

    /// Numbers of the steps in which a transaction is handed in or answered.
    private func transactionEnds(of scenario: Scenario) async throws -> [Int] {
        let test = try await scenario.prepare()
        _ = await refusal { try await scenario.run(test.daemon) }
        let steps = test.plan.steps.filter { $0 != .call(.close) }
        return steps.indices.filter { number in
            if case .call = steps[number] { false } else { true }
        }.map { $0 + 1 }
    }
}
