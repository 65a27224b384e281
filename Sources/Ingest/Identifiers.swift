/// Names one transfer; also the name of its file in the spool.
///
/// Unguessable, because whoever knows the id of a resumable upload can go on with it.
package struct UploadID: Hashable, Sendable, CustomStringConvertible {
    package let rawValue: String

    /// Nil unless `rawValue` is 32 lowercase hexadecimal digits: an id from outside becomes a file name.
    package init?(_ rawValue: String) {
        let isHexadecimal = rawValue.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
        guard rawValue.utf8.count == 32, isHexadecimal else { return nil }
        self.rawValue = rawValue
    }

    private init(trusted: String) {
        rawValue = trusted
    }

    /// 128 bits from the system's random number generator (getrandom(2)).
    package static func random() -> Self {
        let digits = Array("0123456789abcdef".utf8)
        let bits = (UInt64.random(in: .min ... .max), UInt64.random(in: .min ... .max))
        return Self(
            trusted: String(unsafeUninitializedCapacity: 32) { text in
                for place in 0..<16 {
                    text[place] = digits[Int(truncatingIfNeeded: bits.0 >> (4 * place)) & 15]
                    text[place + 16] = digits[Int(truncatingIfNeeded: bits.1 >> (4 * place)) & 15]
                }
                return 32
            }
        )
    }

    package var description: String { rawValue }
}

/// The ledger's number of one generation of a file.
package struct FileID: Hashable, Comparable, Sendable {
    package let rawValue: Int64

    package init(_ rawValue: Int64) {
        self.rawValue = rawValue
    }

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// The ledger's number of a job.
package struct JobID: Hashable, Comparable, Sendable {
    package let rawValue: Int64

    package init(_ rawValue: Int64) {
        self.rawValue = rawValue
    }

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
