import GRDB

extension Migration {
    /// Tickets.
    static let v3 = Migration(number: 3, name: "v3") { database in
        try database.execute(sql: tickets)
    }

    /// `content_types` is a JSON array, NULL where any is taken; 0 is no limit.
    private static let tickets = """
        CREATE TABLE tickets(
            id TEXT NOT NULL PRIMARY KEY,
            directory BLOB,
            max_size INTEGER NOT NULL CHECK(max_size >= 0),
            max_files INTEGER NOT NULL CHECK(max_files >= 0),
            used_files INTEGER NOT NULL CHECK(used_files >= 0),
            content_types TEXT CHECK(content_types IS NULL OR json_valid(content_types)),
            created_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX tickets_expiry ON tickets(expires_at);
        CREATE TABLE keys(name TEXT NOT NULL PRIMARY KEY, key BLOB NOT NULL) STRICT, WITHOUT ROWID;
        """
}
