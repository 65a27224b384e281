import Ingest
import Testing

@testable import Ledger

/// A ticket is used with the transaction that records its files.
@Suite(.timeLimit(.minutes(1))) struct TicketTests {
    private func ticket(_ ledger: TestLedger, maxFiles: Int) async throws -> TicketRecord {
        let now = ledger.now
        let record = TicketRecord(
            id: .random(),
            directory: BucketPath(recorded: Array("in/ä".utf8)),
            maxSize: 7,
            maxFiles: maxFiles,
            contentTypes: ["image/*", "text/plain"],
            createdAt: now,
            expiresAt: now.advanced(by: .seconds(60))
        )
        try await ledger.database.recordTicket(record)
        return record
    }

    private func publish(_ ledger: TestLedger, _ paths: String..., with ticket: TicketRecord) async throws
        -> [FileRecord]
    {
        let files = paths.map { path in
            var file = newFile(path)
            file.owner = ticket.id.owner
            return file
        }
        return try await ledger.database.recordPublication(files)
    }

    private func used(_ ledger: TestLedger, _ ticket: TicketRecord) async throws -> Int {
        let files = try await ledger.database.publishedFiles(of: ticket.id.owner)
        #expect(try await ledger.database.tickets().first { $0.id == ticket.id }?.usedFiles ?? 0 == files)
        return files
    }

    @Test func whatIsRecordedIsRead() async throws {
        let ledger = try await TestLedger()
        let tickets = [try await ticket(ledger, maxFiles: 3), try await ticket(ledger, maxFiles: 0)]
        #expect(Set(try await ledger.database.tickets().map(\.id)) == Set(tickets.map(\.id)))
        #expect(try await ledger.database.tickets().contains(tickets[0]))
        let key = try await ledger.database.ticketKey { [1, 2, 3] }
        #expect(key == [1, 2, 3])
        try await ledger.close()
        let again = try await TestLedger(in: ledger.directory)
        #expect(try await again.database.tickets().contains(tickets[1]))
        #expect(try await again.database.ticketKey { [4] } == key)
        #expect(try await again.database.removeTicket(tickets[0].id))
        #expect(try await !again.database.removeTicket(tickets[0].id))
        #expect(try await again.database.removeTickets(expiredBy: tickets[1].expiresAt) == 1)
        #expect(try await again.database.tickets().isEmpty)
        try await again.close()
    }

    @Test func aPublicationUsesItAndAWithdrawalGivesBack() async throws {
        let ledger = try await TestLedger()
        let ticket = try await ticket(ledger, maxFiles: 3)
        let form = try await publish(ledger, "a", "b", with: ticket)
        #expect(try await used(ledger, ticket) == 2)
        #expect(await code { try await publish(ledger, "c", "d", with: ticket) } == .forbidden)
        #expect(try await used(ledger, ticket) == 2)
        #expect(try await ledger.database.unfinishedFiles().count == 2)
        try await ledger.database.withdrawPublication([form[0].id])
        #expect(try await used(ledger, ticket) == 1)
        ledger.database.confirmPublication([form[1].id])
        try await ledger.database.flush()
        // What has become of a file since gives nothing back.
        try await ledger.database.markGone([form[1].id])
        #expect(try await used(ledger, ticket) == 1)
        _ = try await publish(ledger, "c", "d", with: ticket)
        #expect(await code { try await publish(ledger, "e", with: ticket) } == .forbidden)
        try await ledger.close()
    }

    @Test func aRevokedOnePublishesNothing() async throws {
        let ledger = try await TestLedger()
        let ticket = try await ticket(ledger, maxFiles: 0)
        _ = try await publish(ledger, "a", with: ticket)
        #expect(try await ledger.database.removeTicket(ticket.id))
        #expect(await code { try await publish(ledger, "b", with: ticket) } == .forbidden)
        try await ledger.close()
    }
}
