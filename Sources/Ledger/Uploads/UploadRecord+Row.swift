import FoundationEssentials
import GRDB
import Ingest

extension UploadRecord {
    static let columns = "id, state, offset, length, owner, request, created_at, expires_at, pieces, source"

    init(row: Row) throws {
        guard let id = UploadID(row[0]), let state = State(rawValue: row[1]) else {
            throw IngestError(.storageFailed, "A row of the ledger's uploads is malformed.")
        }
        let length: Int64? = row[3]
        guard let pieces = [UploadID](column: row[8]) else {
            throw IngestError(.storageFailed, "A row of the ledger's uploads is malformed.")
        }
        self.init(
            id: id,
            state: state,
            offset: state == .complete ? length ?? row[2] : row[2],
            length: length,
            owner: row[4],
            request: Array(row[5] as Data),
            pieces: pieces,
            source: row[9],
            createdAt: Timestamp(milliseconds: row[6]),
            expiresAt: Timestamp(milliseconds: row[7])
        )
    }
}

extension [UploadID] {
    /// Nil for none.
    ///
    /// Ids are hexadecimal digits: nothing in them needs an escape.
    var column: String? {
        isEmpty ? nil : "[" + map { "\"\($0.rawValue)\"" }.joined(separator: ",") + "]"
    }

    /// Nil where the text is not of that form.
    init?(column: String?) {
        self = []
        guard let column else { return }
        guard let texts = try? JSONDecoder().decode([String].self, from: Data(column.utf8)) else { return nil }
        for text in texts {
            guard let id = UploadID(text) else { return nil }
            append(id)
        }
    }
}
