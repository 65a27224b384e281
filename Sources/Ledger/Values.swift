import Digests
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

extension [DigestAlgorithm: Digest] {
    /// Nil for none.
    ///
    /// Names and hexadecimal digits need no escapes.
    var column: String? {
        guard !isEmpty else { return nil }
        let members = values.sorted { $0.algorithm < $1.algorithm }.map { "\"\($0.algorithm.rawValue)\":\"\($0.hex)\"" }
        return "{\(members.joined(separator: ","))}"
    }

    /// Nil where the text is not of that form.
    init?(column: String?) {
        self = [:]
        guard let column else { return }
        guard let texts = try? JSONDecoder().decode([String: String].self, from: Data(column.utf8)) else { return nil }
        for (name, hex) in texts {
            guard let algorithm = DigestAlgorithm(rawValue: name), let digest = Digest(algorithm, hex: hex) else {
                return nil
            }
            self[algorithm] = digest
        }
    }
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
