import FoundationEssentials
import GRDB
import Ingest

/// The paths with a prefix, after a given one, as a range of bytes that an index can be searched for.
struct PathRange {
    /// For the column `path`.
    let condition: String
    let arguments: StatementArguments

    init(prefix: String, after: BucketPath?) {
        let prefix = Array(prefix.utf8)
        var parts: [String] = []
        var arguments = StatementArguments()
        if let after, !after.bytes.lexicographicallyPrecedes(prefix) {
            parts.append("path > ?")
            arguments += [after.column]
        } else {
            parts.append("path >= ?")
            arguments += [Data(prefix)]
        }
        if let end = Self.successor(of: prefix) {
            parts.append("path < ?")
            arguments += [Data(end)]
        }
        condition = parts.joined(separator: " AND ")
        self.arguments = arguments
    }

    /// The paths from `first` (excluded) to `last` (included, nil: to the end).
    init(after first: BucketPath?, through last: BucketPath?) {
        var parts = ["path > ?"]
        var arguments: StatementArguments = [first?.column ?? Data()]
        if let last {
            parts.append("path <= ?")
            arguments += [last.column]
        }
        condition = parts.joined(separator: " AND ")
        self.arguments = arguments
    }

    /// The least bytes that are above everything that begins with `prefix`; nil if nothing is.
    static func successor(of prefix: [UInt8]) -> [UInt8]? {
        guard let place = prefix.lastIndex(where: { $0 != .max }) else { return nil }
        return prefix[..<place] + [prefix[place] + 1]
    }
}
