import GRDB
import Ingest
import IngestTesting
import SystemPackage
import Testing

@testable import Ledger

@Suite(.timeLimit(.minutes(1))) struct LedgerInspectionTests {
    private let directory: TemporaryDirectory
    private var file: FilePath { directory.path.appending(LedgerDatabase.fileName) }

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func makeLedger() async throws {
        let ledger = try await TestLedger(in: directory)
        for number in 0..<100 {
            _ = try await ledger.publish("\(number)")
        }
        try await ledger.close()
    }

    private func overwrite(at offset: Int, count: Int) throws {
        let opened = try FileDescriptor.open(file, .readWrite)
        try opened.closeAfter {
            _ = try opened.writeAll(toAbsoluteOffset: Int64(offset), [UInt8](repeating: 0xA5, count: count))
        }
    }

    private func number(_ sql: String) throws -> Int? {
        let other = try DatabaseQueue(path: file.string)
        defer { #expect(throws: Never.self) { try other.close() } }
        return try other.read { try Int.fetchOne($0, sql: sql) }
    }

    @Test(arguments: [LedgerInspection.Depth.structure, .everything])
    func aLedgerIsMissingOrWhole(_ depth: LedgerInspection.Depth) async throws {
        #expect(try LedgerInspection(of: file).run(depth) == .missing)
        #expect(directory.names().isEmpty)
        try directory.write([], to: "ledger.sqlite")
        #expect(try LedgerInspection(of: file).run(depth) == .missing)
        try await makeLedger()
        let before = try directory.read("ledger.sqlite")
        #expect(try LedgerInspection(of: file).run(depth) == .whole(version: Migration.all.count))
        #expect(try directory.read("ledger.sqlite") == before)
    }

    @Test func aNewerLedgerIsToldFromADamagedOne() async throws {
        try await makeLedger()
        let other = try DatabaseQueue(path: file.string)
        try await other.write { try $0.execute(sql: "PRAGMA user_version = 4711") }
        try other.close()
        #expect(
            try LedgerInspection(of: file).run(.structure) == .newer(version: 4711, known: Migration.all.count)
        )
    }

    @Test(arguments: ["files", "jobs", "files_name"], [LedgerInspection.Depth.structure, .everything])
    func aDamagedPageIsFound(_ name: String, _ depth: LedgerInspection.Depth) async throws {
        try await makeLedger()
        let page = try #require(try number("SELECT rootpage FROM sqlite_schema WHERE name = '\(name)'"))
        try overwrite(at: (page - 1) * 4096, count: 4096)
        guard case .damaged = try LedgerInspection(of: file).run(depth) else {
            Issue.record("found whole")
            return
        }
    }

    @Test func aLedgerWithoutItsHeaderIsDamagedAndNotOpened() async throws {
        try await makeLedger()
        try overwrite(at: 0, count: 100)
        guard case .damaged = try LedgerInspection(of: file).run(.structure) else {
            Issue.record("found whole")
            return
        }
        #expect(await code { try await TestLedger(in: directory) } == .storageFailed)
    }

    /// SQLite would remove such a log.
    @Test(arguments: [true, false])
    func aLogWithoutItsLedgerIsDamageAndStays(isEmpty: Bool) async throws {
        if isEmpty { try directory.write([], to: "ledger.sqlite") }
        try directory.write([1, 2, 3], to: "ledger.sqlite-wal")
        guard case .damaged = try LedgerInspection(of: file).run(.structure) else {
            Issue.record("found whole")
            return
        }
        #expect(await code { try await TestLedger(in: directory) } == .storageFailed)
        #expect(try directory.read("ledger.sqlite-wal") == [1, 2, 3])
    }

    @Test func aCancelledInspectionEnds() async throws {
        try await makeLedger()
        let inspection = LedgerInspection(of: file)
        inspection.cancel()
        #expect(throws: CancellationError.self) { try inspection.run(.everything) }
    }

    @Test func aLedgerSetAsideIsWholeUnderItsNewName() async throws {
        try await makeLedger()
        try directory.write([1], to: "ledger.sqlite-wal")
        let names = directory.names()
        let aside = try LedgerDatabase.setAside(in: directory.path, mark: "damaged-1")
        #expect(aside == directory.path.appending("ledger.sqlite.damaged-1"))
        #expect(directory.names() == names.map { $0.replacing("ledger.sqlite", with: "ledger.sqlite.damaged-1") })
        try directory.write([1], to: "ledger.sqlite")
        #expect(throws: IngestError.self) { try LedgerDatabase.setAside(in: directory.path, mark: "damaged-1") }
        #expect(try directory.read("ledger.sqlite") == [1])
    }

    @Test(arguments: [ResultCode.SQLITE_CORRUPT, .SQLITE_NOTADB])
    func damageThatAWriteMeetsEndsWriting(_ result: ResultCode) async throws {
        let ledger = try await TestLedger()
        let refused = await code {
            try await ledger.database.writer.perform { _ in throw DatabaseError(resultCode: result) }
        }
        #expect(refused == .storageFailed)
        #expect(ledger.health.reason?.contains("check --repair") == true)
        #expect(await code { try await ledger.publish("a") } == .unhealthy)
        try await ledger.close()
    }

    @Test func damageThatAReaderMeetsEndsWriting() async throws {
        let ledger = try await TestLedger()
        let refused = await code {
            try await ledger.database.read { _ in throw DatabaseError(resultCode: .SQLITE_CORRUPT) }
        }
        #expect(refused == .storageFailed)
        #expect(await code { try await ledger.publish("a") } == .unhealthy)
        try await ledger.close()
    }
}
