import GRDB

extension Migration {
    /// Files and uploads have owners.
    static let v2 = Migration(number: 2, name: "v2") { database in
        try database.execute(sql: owners)
    }

    /// `owners` has the bytes that `totals` has, of each owner: of files that are there and of open uploads.
    ///
    /// Triggers keep them, for they are asked for with every upload.
    private static let owners = """
        ALTER TABLE files ADD COLUMN owner TEXT;
        CREATE TABLE owners(owner TEXT NOT NULL PRIMARY KEY, bytes INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        INSERT INTO owners SELECT owner, sum(offset) FROM uploads
            WHERE owner IS NOT NULL AND state = 'open' GROUP BY owner;
        CREATE TRIGGER files_owner_inserted AFTER INSERT ON files
        WHEN NEW.owner IS NOT NULL AND NEW.ended_at IS NULL BEGIN
            INSERT INTO owners VALUES (NEW.owner, NEW.size)
                ON CONFLICT(owner) DO UPDATE SET bytes = bytes + excluded.bytes;
        END;
        CREATE TRIGGER files_owner_updated AFTER UPDATE OF ended_at, size ON files
        WHEN NEW.owner IS NOT NULL BEGIN
            UPDATE owners SET bytes = bytes - OLD.size * (OLD.ended_at IS NULL) + NEW.size * (NEW.ended_at IS NULL)
                WHERE owner = NEW.owner;
        END;
        CREATE TRIGGER files_owner_deleted AFTER DELETE ON files
        WHEN OLD.owner IS NOT NULL AND OLD.ended_at IS NULL BEGIN
            UPDATE owners SET bytes = bytes - OLD.size WHERE owner = OLD.owner;
        END;
        CREATE TRIGGER uploads_owner_updated AFTER UPDATE OF state, offset ON uploads
        WHEN NEW.owner IS NOT NULL BEGIN
            INSERT INTO owners VALUES (NEW.owner,
                    NEW.offset * (NEW.state = 'open') - OLD.offset * (OLD.state = 'open'))
                ON CONFLICT(owner) DO UPDATE SET bytes = bytes + excluded.bytes;
        END;
        CREATE TRIGGER uploads_owner_deleted AFTER DELETE ON uploads
        WHEN OLD.owner IS NOT NULL AND OLD.state = 'open' BEGIN
            UPDATE owners SET bytes = bytes - OLD.offset WHERE owner = OLD.owner;
        END;
        """
}
