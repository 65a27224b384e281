import FoundationEssentials
import GRDB
import Ingest

// How the vocabulary is written into columns.

extension BucketPath {
    var column: Data { Data(bytes) }

    init(column: Data) {
        self.init(recorded: Array(column))
    }
}

extension SHA256Digest {
    var column: Data { Data(bytes) }
}

extension StatementArguments {
    /// A JSON array for `json_each`, so that one prepared statement takes any number of ids.
    static func ids(_ ids: some Sequence<Int64>) -> String {
        "[" + ids.map(String.init).joined(separator: ",") + "]"
    }
}

extension IngestError {
    static func malformedRow(_ table: String, _ id: Int64) -> IngestError {
        IngestError(.storageFailed, "The ledger's row \(id) of \(table) is malformed.")
    }
}
