import GRDB
import Glibc
import Ingest
import IngestTesting
import SystemPackage
import Testing

@testable import Ledger

@Suite(.timeLimit(.minutes(1))) struct SchemaTests {
    private static let newest = Migration.all.count
    private static let next = Migration(number: newest + 1, name: "v\(newest + 1)") { database in
        try database.execute(sql: "ALTER TABLE files ADD COLUMN note TEXT")
    }

    private func text(_ ledger: TestLedger, _ sql: String) async throws -> String? {
        try await ledger.database.writer.perform { try $0.reader.first(sql).map { "\($0[0] as DatabaseValue)" } }
    }

    @Test(arguments: [
        ("journal_mode", "\"wal\""), ("synchronous", "2"), ("foreign_keys", "1"), ("busy_timeout", "5000"),
        ("auto_vacuum", "2"), ("user_version", "\(newest)"), ("journal_size_limit", "67108864"),
    ])
    func theWriterRunsAsPromised(_ pragma: String, _ value: String) async throws {
        let ledger = try await TestLedger()
        #expect(try await text(ledger, "PRAGMA \(pragma)") == value)
        try await ledger.close()
    }

    @Test func readersCannotWrite() async throws {
        let ledger = try await TestLedger()
        #expect(try await ledger.database.read { try $0.first("PRAGMA query_only")?[0] as Int? } == 1)
        let code = await code {
            try await ledger.database.read { _ = try $0.all("DELETE FROM files") }
        }
        #expect(code == .storageFailed)
        try await ledger.close()
    }

    /// GRDB leaves a database in WAL mode with NORMAL.
    @Test func commitsAreMadeAsDurableAsIsPromised() throws {
        let directory = try TemporaryDirectory()
        let pool = try DatabasePool(path: directory.file("x.sqlite").string)
        try pool.writeWithoutTransaction { database in
            for (mode, level, pages) in [(CommitMode.synced, 2, 2000), (.unsynced, 1, 0), (.synced, 2, 2000)] {
                try mode.set(in: database)
                #expect(try Int.fetchOne(database, sql: "PRAGMA synchronous") == level)
                #expect(try Int.fetchOne(database, sql: "PRAGMA wal_autocheckpoint") == pages)
            }
        }
        try pool.close()
    }

    @Test func onlyTheOwnerReadsTheLedger() async throws {
        let ledger = try await TestLedger()
        _ = try await ledger.publish("a")
        for suffix in ["", "-wal", "-shm"] {
            var status = stat()
            #expect(stat(ledger.file.string + suffix, &status) == 0)
            #expect(status.st_mode & 0o777 == 0o600)
        }
        try await ledger.close()
    }

    @Test func aLedgerIsOpenedAgainAsItWas() async throws {
        let ledger = try await TestLedger()
        let file = try await ledger.publish("a")
        try await ledger.database.close()
        try await ledger.database.close()
        let again = try await TestLedger(in: ledger.directory)
        #expect(try await again.database.file(file.id) == file)
        #expect(access(LedgerConnection.copy(of: again.file, version: Self.newest).string, F_OK) != 0)
        try await again.close()
    }

    @Test func anOlderLedgerIsCopiedAndMigrated() async throws {
        let ledger = try await TestLedger()
        let file = try await ledger.publish("a")
        try await ledger.database.close()
        let copy = LedgerConnection.copy(of: ledger.file, version: Self.newest)
        // A start that died while it copied.
        let partial = try FileDescriptor.open(copy, .writeOnly, options: .create, permissions: .ownerReadWrite)
        try partial.closeAfter { _ = try partial.writeAll("partial".utf8) }

        let newer = try await TestLedger(in: ledger.directory, migrations: Migration.all + [Self.next])
        #expect(try await newer.database.file(file.id) == file)
        #expect(try await text(newer, "PRAGMA user_version") == "\(Self.newest + 1)")
        #expect(try await text(newer, "SELECT note FROM files") == "NULL")
        try await newer.database.close()

        let old = try DatabaseQueue(path: copy.string)
        let found = try await old.read { database in
            try ["PRAGMA user_version", "SELECT id FROM files", "PRAGMA integrity_check"].map { sql in
                try String.fetchOne(database, sql: sql)
            }
        }
        #expect(found == ["\(Self.newest)", "\(file.id.rawValue)", "ok"])
        try old.close()
        var status = stat()
        #expect(stat(copy.string, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
    }

    @Test func aFailedMigrationChangesNothing() async throws {
        struct Broken: Error {}
        let ledger = try await TestLedger()
        let file = try await ledger.publish("a")
        try await ledger.database.close()
        let broken = Migration(number: Self.newest + 1, name: "broken") { database in
            try database.execute(sql: "DROP TABLE events")
            throw Broken()
        }
        let failure = await code {
            try await TestLedger(in: ledger.directory, migrations: Migration.all + [broken])
        }
        #expect(failure == .storageFailed)
        let again = try await TestLedger(in: ledger.directory)
        #expect(try await again.database.file(file.id) == file)
        #expect(try await again.events() == ["file.published a"])
        try await again.close()
    }

    @Test func aNewerLedgerIsRefusedNamingBothVersions() async throws {
        let ledger = try await TestLedger(migrations: Migration.all + [Self.next])
        try await ledger.database.close()
        do {
            _ = try await TestLedger(in: ledger.directory)
            Issue.record("opened")
        } catch let error as IngestError {
            #expect(error.message.contains("version \(Self.newest + 1)"))
            #expect(error.message.contains("up to \(Self.newest)"))
        }
    }

    @Test func migrationsCountUpFromOne() {
        #expect(Migration.all.map(\.number) == Array(1...Migration.all.count))
        #expect(Set(Migration.all.map(\.name)).count == Migration.all.count)
    }
}
