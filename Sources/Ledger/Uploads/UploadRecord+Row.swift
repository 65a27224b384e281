import FoundationEssentials
import GRDB
import Ingest

extension UploadRecord {
    static let columns = "id, state, offset, length, owner, request, created_at, expires_at"

    init(row: Row) throws {
        guard let id = UploadID(row[0]), let state = State(rawValue: row[1]) else {
            throw IngestError(.storageFailed, "A row of the ledger's uploads is malformed.")
        }
        self.init(
            id: id,
            state: state,
            offset: row[2],
            length: row[3],
            owner: row[4],
            request: Array(row[5] as Data),
            createdAt: Timestamp(milliseconds: row[6]),
            expiresAt: Timestamp(milliseconds: row[7])
        )
    }
}
