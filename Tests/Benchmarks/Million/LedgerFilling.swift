import GRDB
import Glibc
import Ingest
import Ledger
import SystemPackage

/// Fills a ledger with rows by SQL, in one transaction: a million uploads would take an hour.
struct LedgerFilling {
    let directory: FilePath

    static func open(_ directory: FilePath) async throws -> LedgerDatabase {
        try await LedgerDatabase.open(
            in: directory,
            environment: LedgerEnvironment(health: Health(), clock: TimeOfDay(), planner: NoJobs())
        )
    }

    /// Files with a ready job of one kind each, and as many files with a job that has ended as `history` says.
    func fill(jobs: Int, of kind: JobKind, history: Int) async throws {
        try await write { database in
            try database.execute(
                sql: """
                    INSERT INTO files(path, generation, state, upload, inode, birth_time, size, modification_time, sha256,
                        created_at)
                    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
                    SELECT CAST(printf('d%04d/f%07d.bin', i / 1000, i) AS BLOB), 1, 'published', printf('%032x', i), i, 1,
                        10240, 1, zeroblob(32), 1700000000000 FROM n
                    """,
                arguments: [jobs + history]
            )
            try database.execute(
                sql: """
                    INSERT INTO jobs(kind, file, state, priority, run_at, max_attempts, created_at, started_at, finished_at)
                    SELECT 'checksum', id, 'done', 0, created_at, 3, created_at, created_at, created_at FROM files
                    WHERE id <= ?
                    """,
                arguments: [history]
            )
            try database.execute(
                sql: """
                    INSERT INTO jobs(kind, file, state, priority, run_at, max_attempts, created_at)
                    SELECT ?, id, 'ready', 0, created_at, 3, created_at FROM files WHERE id > ?
                    """,
                arguments: [kind.rawValue, history]
            )
        }
    }

    /// One published row for each file, in the order given.
    func fill(_ files: [(path: String, identity: FileIdentity)]) async throws {
        try await write { database in
            let insert = try database.makeStatement(
                sql: """
                    INSERT INTO files(path, generation, state, upload, inode, birth_time, size, modification_time, sha256,
                        created_at)
                    VALUES (CAST(? AS BLOB), 1, 'published', printf('%032x', ?), ?, ?, ?, ?, zeroblob(32), 1700000000000)
                    """
            )
            for (number, file) in files.enumerated() {
                try insert.execute(arguments: [
                    file.path, number, Int64(bitPattern: file.identity.inode), file.identity.birthTime,
                    file.identity.size, file.identity.modificationTime,
                ])
            }
        }
    }

    /// Makes the ledger, then writes around its thread, which must not run meanwhile.
    private func write(_ body: (Database) throws -> Void) async throws {
        try await Self.open(directory).close()
        let queue = try DatabaseQueue(path: directory.appending(LedgerDatabase.fileName).string)
        try queue.inDatabase { database in
            try database.execute(sql: "PRAGMA synchronous = OFF; PRAGMA cache_size = -262144")
            try database.inTransaction {
                try body(database)
                return .commit
            }
            try database.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
        }
        try queue.close()
    }

    private struct TimeOfDay: WallClock {
        func now() -> Timestamp {
            var time = timespec()
            clock_gettime(CLOCK_REALTIME, &time)
            return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
        }
    }

    private struct NoJobs: JobPlanner {
        func jobs(for file: NewFile) -> [PlannedJob] { [] }
    }
}
