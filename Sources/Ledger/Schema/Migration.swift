package import GRDB

/// One step of the schema, to the version that `number` names.
///
/// A migration that was released is never edited: ledgers that ran it are out there.
package struct Migration: Sendable {
    /// `PRAGMA user_version` afterwards; they count up from 1 by one.
    package var number: Int
    package var name: String
    package var migrate: @Sendable (Database) throws -> Void

    package init(number: Int, name: String, migrate: @escaping @Sendable (Database) throws -> Void) {
        self.number = number
        self.name = name
        self.migrate = migrate
    }

    /// All of them, oldest first.
    package static let all: [Migration] = [.v1, .v2, .v3]
}
