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
        var seam = Seam(scenario, cut, number: 1, ledger: VolatileLedger())
        while try await seam.hold() {
            seam = Seam(scenario, cut, number: seam.number + 1, ledger: VolatileLedger())
        }
        #expect(seam.number > 5)
    }

    @Test(arguments: Scenario.all, [Cut.stop, .death])
    func theOutcomeIsWholeOrNothingInTheDatabaseToo(_ scenario: Scenario, _ cut: Cut) async throws {
        var number = 1
        while true {
            let ledger = try await StoredLedger()
            guard try await Seam(scenario, cut, number: number, ledger: ledger).hold() else { break }
            number += 1
        }
        #expect(number > 5)
    }
}
