import FoundationEssentials
import GRDB
import Ingest

extension LedgerTransaction {
    func recordTicketKey(_ key: [UInt8]) throws {
        try execute("INSERT INTO keys(name, key) VALUES ('tickets', ?)", [Data(key)])
    }

    func recordTicket(_ ticket: TicketRecord) throws {
        let types =
            ticket.contentTypes.isEmpty
            ? nil : String(decoding: try JSONEncoder().encode(ticket.contentTypes), as: UTF8.self)
        try execute(
            "INSERT INTO tickets(\(TicketRecord.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                ticket.id.rawValue, ticket.directory?.column, ticket.maxSize, ticket.maxFiles, ticket.usedFiles, types,
                ticket.createdAt.milliseconds, ticket.expiresAt.milliseconds,
            ]
        )
    }

    func removeTicket(_ ticket: TicketID) throws -> Bool {
        try execute("DELETE FROM tickets WHERE id = ?", [ticket.rawValue]) > 0
    }

    func removeTickets(expiredBy moment: Timestamp) throws -> Int {
        try execute("DELETE FROM tickets WHERE expires_at <= ?", [moment.milliseconds])
    }

    /// Counts files that are about to be published.
    ///
    /// Throws `.forbidden` for a ticket that allows no more, or was revoked since its upload began. One that has expired
    /// since then still counts: its row outlives its time.
    func useTickets(for files: [NewFile]) throws {
        var counts: [TicketID: Int] = [:]
        for case let ticket? in files.lazy.map({ TicketID(owner: $0.owner) }) {
            counts[ticket, default: 0] += 1
        }
        for (ticket, count) in counts {
            let changed = try execute(
                """
                UPDATE tickets SET used_files = used_files + ?1
                WHERE id = ?2 AND (max_files = 0 OR used_files + ?1 <= max_files)
                """,
                [count, ticket.rawValue]
            )
            guard changed == 1 else {
                throw IngestError(.forbidden, "The ticket was used up, or revoked.")
            }
        }
    }

    /// For publications that are about to be withdrawn, given as a JSON array of their files.
    func returnTickets(of files: String) throws {
        try execute(
            """
            UPDATE tickets SET used_files = max(0, used_files - (
                SELECT count(*) FROM files WHERE state = 'publishing' AND owner = 'ticket/' || tickets.id
                    AND id IN (SELECT value FROM json_each(?1))))
            WHERE id IN (
                SELECT substr(owner, 8) FROM files WHERE state = 'publishing' AND owner LIKE 'ticket/%'
                    AND id IN (SELECT value FROM json_each(?1)))
            """,
            [files]
        )
    }
}
