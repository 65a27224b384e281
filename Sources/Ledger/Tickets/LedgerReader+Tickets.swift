import FoundationEssentials
import GRDB
import Ingest

extension LedgerReader {
    func ticketKey() throws -> [UInt8]? {
        try first("SELECT key FROM keys WHERE name = 'tickets'").map { Array($0[0] as Data) }
    }

    func tickets() throws -> [TicketRecord] {
        try all("SELECT \(TicketRecord.columns) FROM tickets ORDER BY created_at, id").map(TicketRecord.init(row:))
    }

    func hasTickets(expiredBy moment: Timestamp) throws -> Bool {
        try first(
            "SELECT 1 FROM tickets INDEXED BY tickets_expiry WHERE expires_at <= ? LIMIT 1",
            [moment.milliseconds]
        ) != nil
    }

    func publishedFiles(of owner: String) throws -> Int {
        guard let ticket = TicketID(owner: owner) else { return 0 }
        return try first("SELECT used_files FROM tickets WHERE id = ?", [ticket.rawValue])?[0] ?? 0
    }
}

extension TicketRecord {
    static let columns = "id, directory, max_size, max_files, used_files, content_types, created_at, expires_at"

    init(row: Row) throws {
        guard let id = TicketID(row[0] as String) else {
            throw IngestError(.storageFailed, "A row of the ledger's tickets is malformed.")
        }
        let types: String? = row[5]
        self.init(
            id: id,
            directory: (row[1] as Data?).map(BucketPath.init(column:)),
            maxSize: row[2],
            maxFiles: row[3],
            usedFiles: row[4],
            contentTypes: try types.map { try JSONDecoder().decode([String].self, from: Data($0.utf8)) } ?? [],
            createdAt: Timestamp(milliseconds: row[6]),
            expiresAt: Timestamp(milliseconds: row[7])
        )
    }
}
