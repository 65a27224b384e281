import GRDB
import Glibc
import Ingest
import IngestTesting
import SystemPackage
import Testing
import Threading

@testable import Ledger

@Suite(.timeLimit(.minutes(1))) struct LedgerCopyTests {
    private let directory: TemporaryDirectory
    private var source: FilePath { directory.file("ledger.sqlite") }
    private var target: FilePath { directory.file("copies/ledger") }

    init() throws {
        directory = try TemporaryDirectory()
        try directory.makeDirectory("copies")
    }

    private func paths(in file: FilePath) throws -> [String] {
        var configuration = Configuration()
        configuration.readonly = true
        let copy = try DatabaseQueue(path: file.string, configuration: configuration)
        defer { #expect(throws: Never.self) { try copy.close() } }
        return try copy.read { try String.fetchAll($0, sql: "SELECT CAST(path AS TEXT) FROM files ORDER BY id") }
    }

    /// What is only in the log belongs to it; what comes later does not.
    @Test func aCopyHoldsWhatWasOnRecord() async throws {
        let ledger = try await TestLedger(in: directory)
        for number in 0..<50 { _ = try await ledger.publish("\(number)") }
        let summary = try LedgerCopy(of: source).write(to: target)
        _ = try await ledger.publish("later")
        #expect(try paths(in: target) == (0..<50).map(String.init))
        #expect(directory.names(in: "copies") == ["ledger"])
        #expect(summary.version == Migration.all.count)
        #expect(summary.bytes == Int64(try directory.read("copies/ledger").count))
        #expect(try LedgerInspection(of: target).run(.everything) == .whole(version: summary.version))
        var status = stat()
        #expect(stat(target.string, &status) == 0 && status.st_mode & 0o7777 == 0o600)
        try await ledger.close()
        // And the ledger goes on with it.
        #expect(rename(target.string, source.string) == 0)
        let restored = try await TestLedger(in: directory)
        _ = try await restored.publish("after")
        #expect(try paths(in: source).last == "after")
        try await restored.close()
    }

    @Test(arguments: [false, true]) func nothingIsOverwritten(isDangling: Bool) async throws {
        let ledger = try await TestLedger(in: directory)
        if isDangling {
            #expect(symlink("nowhere", target.string) == 0)
        } else {
            try directory.write([1, 2], to: "copies/ledger")
        }
        #expect(code { try LedgerCopy(of: source).write(to: target) } == .nameTaken)
        #expect(directory.names(in: "copies") == ["ledger"])
        if !isDangling { #expect(try directory.read("copies/ledger") == [1, 2]) }
        try await ledger.close()
    }

    @Test func whereNothingCanBeCopiedNothingIsLeft() async throws {
        let copy = LedgerCopy(of: source)
        #expect(code { try copy.write(to: target) } == .notFound)
        try directory.write([], to: "ledger.sqlite")
        #expect(code { try copy.write(to: target) } == .notFound)
        try directory.write([UInt8](repeating: 1, count: 5000), to: "ledger.sqlite-wal")
        #expect(code { try copy.write(to: target) } == .storageFailed)
        #expect(unlink(source.string + "-wal") == 0)
        let ledger = try await TestLedger(in: directory)
        _ = try await ledger.publish("a")
        #expect(code { try copy.write(to: directory.file("missing/ledger")) } == .storageFailed)
        try await ledger.close()
        let page = try await rootPage(of: "files")
        let opened = try FileDescriptor.open(source, .readWrite)
        try opened.closeAfter {
            _ = try opened.writeAll(toAbsoluteOffset: Int64((page - 1) * 4096), [UInt8](repeating: 0xA5, count: 4096))
        }
        #expect(code { try copy.write(to: target) } == .storageFailed)
        #expect(directory.names(in: "copies").isEmpty)
    }

    /// It is said to be there, and not to be safe.
    @Test func aCopyWhoseNameIsNotSafeIsThere() async throws {
        let ledger = try await TestLedger(in: directory)
        _ = try await ledger.publish("a")
        let copy = LedgerCopy(of: source) { _ throws(IngestError) in
            throw IngestError(.storageFailed, "Not synced.", cause: .ioError)
        }
        do {
            let summary = try copy.write(to: target)
            Issue.record("copied: \(summary)")
        } catch {
            #expect(error.code == .outcomeUnknown && error.cause == .ioError)
            #expect(error.message == "\(target) is there and whole, but may not survive a power cut: Not synced.")
        }
        #expect(try paths(in: target) == ["a"])
        #expect(!copy.abandon())
        #expect(try paths(in: target) == ["a"])
        try await ledger.close()
    }

    /// Nothing of it is left, nor of what SQLite had beside it, and it does not come to its end.
    @Test func whatIsAbandonedIsRemoved() async throws {
        // To open it waits for somebody who writes.
        try #require(mkfifo(source.string, 0o600) == 0)
        let copy = LedgerCopy(of: source)
        async let failure = BlockingThreads(name: "copy", count: 1).run { [target] in
            code { try copy.write(to: target) }
        }
        while directory.names(in: "copies").isEmpty { await Task.yield() }
        let unfinished = try #require(directory.names(in: "copies").first)
        for ending in ["-journal", "-wal", "-shm"] { try directory.write([1], to: "copies/\(unfinished)\(ending)") }
        #expect(copy.abandon())
        #expect(directory.names(in: "copies").isEmpty)
        let writer = try FileDescriptor.open(source, .readWrite)
        #expect(await failure != nil)
        try writer.close()
        #expect(directory.names(in: "copies").isEmpty)
        #expect(code { try copy.write(to: target) } == .stopping)
    }

    private func rootPage(of table: String) async throws -> Int {
        let other = try DatabaseQueue(path: source.string)
        let page = try await other.read {
            try Int.fetchOne($0, sql: "SELECT rootpage FROM sqlite_schema WHERE name = '\(table)'")
        }
        try other.close()
        return try #require(page)
    }

    private func code(_ body: () throws -> LedgerCopy.Summary) -> IngestError.Code? {
        do {
            let summary = try body()
            Issue.record("copied: \(summary)")
            return nil
        } catch {
            return (error as? IngestError)?.code
        }
    }
}
