import GRDB

extension Migration {
    static let v1 = Migration(number: 1, name: "v1") { database in
        try database.execute(sql: files)
        try database.execute(sql: totals)
        try database.execute(sql: jobs)
        try database.execute(sql: events)
        try database.execute(sql: foreignFiles)
        try database.execute(sql: uploads)
        try database.execute(sql: requests)
    }

    /// Paths are BLOBs: foreign ones need not be UTF-8, and BLOBs sort by memcmp as the listing does.
    ///
    /// `digests` are those besides SHA-256, as a JSON object of hexadecimal by name; NULL where there is none.
    ///
    /// AUTOINCREMENT, because a number that comes again would hand one file's jobs and thumbnails to another.
    ///
    /// `ended_at` tells rows that are kept only for their history. Conditions say that, or `=`: for `IN` with more than two
    /// values SQLite fills a temporary index, each time a row is written.
    private static let files = """
        CREATE TABLE files(
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            path BLOB NOT NULL,
            generation INTEGER NOT NULL,
            state TEXT NOT NULL,
            upload TEXT NOT NULL,
            inode INTEGER NOT NULL,
            birth_time INTEGER NOT NULL,
            size INTEGER NOT NULL,
            modification_time INTEGER NOT NULL,
            sha256 BLOB NOT NULL CHECK(length(sha256) = 32),
            content_type TEXT,
            original_name TEXT,
            replaces INTEGER,
            resource TEXT,
            created_at INTEGER NOT NULL,
            ended_at INTEGER,
            digests TEXT CHECK(digests IS NULL OR json_valid(digests)),
            CHECK((ended_at IS NULL) = (state = 'publishing' OR state = 'published' OR state = 'corrupt'
                OR state = 'deleting'))
        ) STRICT;
        CREATE UNIQUE INDEX files_generation ON files(path, generation);
        CREATE UNIQUE INDEX files_name ON files(path) WHERE ended_at IS NULL AND state <> 'publishing';
        CREATE UNIQUE INDEX files_unfinished ON files(path, state) WHERE state = 'publishing' OR state = 'deleting';
        CREATE INDEX files_newest ON files(id) WHERE ended_at IS NULL;
        CREATE INDEX files_resource ON files(resource) WHERE resource IS NOT NULL;
        CREATE INDEX files_ended ON files(ended_at) WHERE ended_at IS NOT NULL;
        """

    /// The sum over all names is asked for with every upload: triggers keep it in one row.
    private static let totals = """
        CREATE TABLE totals(id INTEGER PRIMARY KEY CHECK(id = 1), bytes INTEGER NOT NULL) STRICT;
        INSERT INTO totals VALUES (1, 0);
        CREATE TRIGGER files_inserted AFTER INSERT ON files
        WHEN NEW.ended_at IS NULL BEGIN
            UPDATE totals SET bytes = bytes + NEW.size;
        END;
        CREATE TRIGGER files_updated AFTER UPDATE OF ended_at, size ON files BEGIN
            UPDATE totals SET bytes = bytes - OLD.size * (OLD.ended_at IS NULL) + NEW.size * (NEW.ended_at IS NULL);
        END;
        CREATE TRIGGER files_deleted AFTER DELETE ON files
        WHEN OLD.ended_at IS NULL BEGIN
            UPDATE totals SET bytes = bytes - OLD.size;
        END;
        """

    private static let jobs = """
        CREATE TABLE jobs(
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            kind TEXT NOT NULL,
            file INTEGER REFERENCES files(id),
            state TEXT NOT NULL,
            priority INTEGER NOT NULL,
            run_at INTEGER NOT NULL,
            attempt INTEGER NOT NULL DEFAULT 0,
            max_attempts INTEGER NOT NULL CHECK(max_attempts > 0),
            rescues INTEGER NOT NULL DEFAULT 0,
            lone_rescues INTEGER NOT NULL DEFAULT 0,
            helper_deaths INTEGER NOT NULL DEFAULT 0,
            token INTEGER NOT NULL DEFAULT 0,
            error TEXT,
            result TEXT,
            created_at INTEGER NOT NULL,
            started_at INTEGER,
            finished_at INTEGER,
            CHECK((finished_at IS NULL) = (state = 'blocked' OR state = 'ready' OR state = 'running'))
        ) STRICT;
        CREATE INDEX jobs_file ON jobs(file, kind) WHERE file IS NOT NULL;
        CREATE INDEX jobs_state ON jobs(state, kind);
        CREATE INDEX jobs_ready ON jobs(kind, priority, run_at, id) WHERE state = 'ready';
        CREATE INDEX jobs_rescued ON jobs(run_at) WHERE rescues > 0 AND state = 'ready';
        CREATE UNIQUE INDEX jobs_periodic ON jobs(kind) WHERE file IS NULL AND (state = 'blocked' OR state = 'ready');
        """

    /// The journal.
    ///
    /// A row is written when what it tells has come true, so that ids are in the order of visibility: a
    /// reader that goes on after the last id it saw misses nothing.
    private static let events = """
        CREATE TABLE events(
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            kind TEXT NOT NULL,
            file INTEGER NOT NULL,
            path BLOB NOT NULL,
            at INTEGER NOT NULL
        ) STRICT;
        """

    private static let foreignFiles = """
        CREATE TABLE foreign_files(
            path BLOB PRIMARY KEY,
            size INTEGER NOT NULL,
            modified INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        """

    /// Uploads that outlive their requests; the open ones count as stored.
    ///
    /// `pieces` is a JSON array of the uploads that one is made of.
    private static let uploads = """
        CREATE TABLE uploads(
            id TEXT NOT NULL PRIMARY KEY,
            state TEXT NOT NULL CHECK(state IN ('open','complete')),
            offset INTEGER NOT NULL CHECK(offset >= 0),
            length INTEGER CHECK(length >= offset),
            owner TEXT,
            request BLOB NOT NULL,
            created_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL,
            pieces TEXT CHECK(pieces IS NULL OR json_valid(pieces)),
            source TEXT
        ) STRICT;
        CREATE INDEX uploads_waiting ON uploads(id) WHERE pieces IS NOT NULL AND state = 'open';
        CREATE INDEX uploads_expiry ON uploads(expires_at);
        CREATE INDEX uploads_open ON uploads(id) WHERE state = 'open';
        CREATE TRIGGER uploads_updated AFTER UPDATE OF state, offset ON uploads BEGIN
            UPDATE totals SET bytes = bytes
                - OLD.offset * (OLD.state = 'open') + NEW.offset * (NEW.state = 'open');
        END;
        CREATE TRIGGER uploads_deleted AFTER DELETE ON uploads WHEN OLD.state = 'open' BEGIN
            UPDATE totals SET bytes = bytes - OLD.offset;
        END;
        """

    /// Requests with a key; their files have consecutive numbers, those of one transaction.
    private static let requests = """
        CREATE TABLE requests(
            key BLOB NOT NULL PRIMARY KEY CHECK(length(key) = 32),
            fingerprint BLOB NOT NULL CHECK(length(fingerprint) = 32),
            first_file INTEGER NOT NULL,
            last_file INTEGER NOT NULL CHECK(last_file >= first_file),
            expires_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX requests_expiry ON requests(expires_at);
        CREATE UNIQUE INDEX requests_files ON requests(last_file, first_file);
        """
}
