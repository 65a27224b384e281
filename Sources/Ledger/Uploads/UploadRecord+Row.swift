import FoundationEssentials
import GRDB
import Ingest

extension UploadRecord {
    static let columns = "id, state, offset, length, owner, request, created_at, expires_at"

    init(row: Row) throws {
        guard let id = UploadID(row[0]), let state = State(rawValue: row[1]) else {
            throw IngestError(.storageFailed, "A row of the ledger's uploads is malformed.")
        }
        let length: Int64? = row[3]
        self.init(
            id: id,
            state: state,
            offset: state == .complete ? length ?? row[2] : row[2],
            length: length,
            owner: row[4],
            request: Array(row[5] as Data),
            createdAt: Timestamp(milliseconds: row[6]),
            expiresAt: Timestamp(milliseconds: row[7])
        )
    }
}
