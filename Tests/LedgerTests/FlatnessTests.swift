import GRDB
import GRDBSQLite
import Ingest
import Testing

@testable import Ledger

/// The hot calls must cost the same in a ledger that is full of history.
@Suite(.timeLimit(.minutes(1))) struct FlatnessTests {
    /// Steps of SQLite's virtual machine that `body` takes, which unlike time do not depend on the machine.
    private func steps(
        _ ledger: TestLedger,
        _ body: @escaping @Sendable (LedgerTransaction) throws -> Void
    ) async throws -> Int {
        try await ledger.database.writer.perform { transaction in
            // Once before, so that preparing the statements is not counted.
            try transaction.database.inSavepoint {
                try body(transaction)
                return .rollback
            }
            let steps = UnsafeMutablePointer<Int>.allocate(capacity: 1)
            defer { steps.deallocate() }
            steps.initialize(to: 0)
            let connection = transaction.database.sqliteConnection
            let count: @convention(c) (UnsafeMutableRawPointer?) -> CInt = { steps in
                steps?.assumingMemoryBound(to: Int.self).pointee += 1
                return 0
            }
            sqlite3_progress_handler(connection, 1, count, steps)
            defer { sqlite3_progress_handler(connection, 0, nil, nil) }
            try transaction.database.inSavepoint {
                try body(transaction)
                return .rollback
            }
            return steps.pointee
        }
    }

    /// Files that are gone, jobs that ended, and jobs that are not due yet.
    private func addHistory(to ledger: TestLedger, count: Int) async throws {
        try await ledger.database.writer.perform { transaction in
            try transaction.execute(
                """
                WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
                INSERT INTO files(path, generation, state, upload, inode, birth_time, size, modification_time, sha256,
                    created_at, ended_at)
                SELECT CAST('old/' || i AS BLOB), 1, iif(i % 2, 'gone', 'published'), printf('%032x', i), 1, 1, 1, 1,
                    zeroblob(32), 1, iif(i % 2, 1, NULL) FROM n
                """,
                [count]
            )
            for state in ["done", "dead", "ready"] {
                try transaction.execute(
                    """
                    INSERT INTO jobs(kind, file, state, priority, run_at, max_attempts, created_at, finished_at)
                    SELECT 'checksum', id, ?1, 100, iif(?1 = 'ready', 1 << 60, 1), 3, 1, iif(?1 = 'ready', NULL, 1)
                    FROM files WHERE path >= CAST('old/' AS BLOB) AND path < CAST('old0' AS BLOB)
                    """,
                    [state]
                )
            }
        }
    }

    @Test func historyCostsTheHotCallsNothing() async throws {
        let ledger = try await TestLedger(kinds: ["checksum"])
        let file = try await ledger.publish("a")
        _ = try await ledger.publish("b")
        let claim = try #require(try await ledger.claim("checksum").first)
        let calls: [(String, @Sendable (LedgerTransaction) throws -> Void)] = [
            ("claim", { _ = try $0.claim(capacity: [JobKind("checksum"): 4]) }),
            ("finish", { _ = try $0.finish(claim, .done(result: nil)) }),
            (
                "retry",
                { transaction in
                    let end = JobEnd.retry(
                        error: "",
                        runAt: Timestamp(milliseconds: 1),
                        countsAttempt: true,
                        helperDied: false
                    )
                    _ = try transaction.finish(claim, end)
                }
            ),
            ("holds", { _ = try $0.reader.holds(claim) }),
            ("nextDue", { _ = try $0.reader.nextDue(kinds: [JobKind("checksum")]) }),
            ("rescue", { _ = try $0.rescueRunningJobs() }),
            (
                "record",
                { transaction in
                    let files = try transaction.recordPublication([newFile("new")], keepingJobsOf: [])
                    try transaction.publish(files.map(\.record.id))
                }
            ),
            ("gone", { try $0.markGone([file.id], keepingJobsOf: []) }),
            ("file", { _ = try $0.reader.files(at: file.path) }),
            ("list", { _ = try $0.reader.files(in: PathRange(prefix: "a", after: nil), limit: 10) }),
            ("newest", { _ = try $0.reader.newestFiles(limit: 1) }),
            ("unfinished", { _ = try $0.reader.unfinishedFiles() }),
            ("bytes", { _ = try $0.reader.storedBytes() }),
            ("jobs", { _ = try $0.reader.jobs(matching: JobFilter(state: .running), before: nil, limit: 10) }),
        ]
        var before: [String: Int] = [:]
        for (name, call) in calls {
            before[name] = try await steps(ledger, call)
        }
        try await addHistory(to: ledger, count: 5000)
        for (name, call) in calls {
            let steps = try await steps(ledger, call)
            let limit = (before[name] ?? 0) + 40
            #expect(steps <= limit, "\(name)")
        }
        try await ledger.close()
    }
}
