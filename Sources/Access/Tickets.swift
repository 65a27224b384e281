package import Ingest
import Threading

/// The tickets that were given out.
///
/// What they allow is known in memory too, so that a request is judged without waiting; how much of it is used the ledger
/// knows alone.
package final class Tickets: Sendable {
    private let ledger: any TicketLedger
    private let clock: any WallClock
    private let key: TicketKey
    private let known: Locked<[TicketID: TicketRecord]>
    /// How long a row outlives its ticket, for uploads that began in time.
    private static let keptAfter = Duration.seconds(7 * 86_400)

    package init(ledger: any TicketLedger, clock: any WallClock) async throws {
        self.ledger = ledger
        self.clock = clock
        key = TicketKey(try await ledger.ticketKey(orMake: TicketKey.randomBytes))
        let tickets = try await ledger.tickets()
        known = Locked(Dictionary(uniqueKeysWithValues: tickets.map { ($0.id, $0) }))
    }

    /// A new ticket, whose `lifetime` begins now; it is on stable storage when this returns.
    package func issue(
        lifetime: Duration,
        _ bound: (inout TicketRecord) -> Void
    ) async throws -> (record: TicketRecord, text: String) {
        let now = clock.now()
        let end = now.advanced(by: lifetime).milliseconds / 1000 * 1000
        var record = TicketRecord(
            id: .random(),
            directory: nil,
            createdAt: now,
            expiresAt: Timestamp(milliseconds: end)
        )
        bound(&record)
        try await ledger.recordTicket(record)
        known.withLock { [record] in $0[record.id] = record }
        return (record, key.text(of: record))
    }

    /// False if there is none; its uploads in flight are not published any more.
    package func revoke(_ ticket: TicketID) async throws -> Bool {
        known.withLock { $0[ticket] = nil }
        return try await ledger.removeTicket(ticket)
    }

    /// All that are not revoked, with what is used of them.
    package func list() async throws -> [TicketRecord] {
        try await ledger.tickets()
    }

    /// Forgets those whose time was over a week ago.
    package func removeExpired() async throws -> Int {
        let moment = Timestamp(milliseconds: clock.now().milliseconds - Self.keptAfter.components.seconds * 1000)
        known.withLock { $0 = $0.filter { $0.value.expiresAt > moment } }
        return try await ledger.removeTickets(expiredBy: moment)
    }

    /// Nil for one that was revoked; one that has expired is there for as long as its uploads may be.
    package func record(_ id: TicketID) -> TicketRecord? { known.withLock { $0[id] } }

    /// The ticket of a text that somebody shows.
    ///
    /// Throws `.malformed`, `.unknown` also for one that was revoked, and `.expired`.
    package func ticket(_ text: String) throws(AccessError) -> TicketRecord {
        let id = try key.ticket(text, at: clock.now())
        guard let record = known.withLock({ $0[id] }) else {
            throw AccessError(.unknown, "The ticket is not known.")
        }
        return record
    }
}

extension TicketRecord {
    /// To upload, and to go on with its uploads.
    package var permissions: Permissions { Permissions(scopes: [.upload], prefix: directory.map { PathPrefix($0) }) }
}
