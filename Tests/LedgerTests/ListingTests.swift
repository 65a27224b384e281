import Ingest
import Testing

@testable import Ledger

@Suite(.timeLimit(.minutes(1))) struct ListingTests {
    private static func path(_ bytes: [UInt8]) -> BucketPath { BucketPath(recorded: bytes) }

    /// Bytes around every border that a comparison of text would get wrong.
    private static let paths: [[UInt8]] = [
        Array("%".utf8), Array("A".utf8), Array("_".utf8), Array("a".utf8), Array("a/b".utf8), Array("a/b/c".utf8),
        Array("a/c".utf8), Array("a0".utf8), Array("b".utf8), Array("e\u{301}".utf8), Array("é".utf8),
        Array("日本".utf8), [0x61, 0xFF], [0x61, 0xFF, 0xFF, 0x62], [0xFF], [0xFF, 0xFF],
    ].sorted { $0.lexicographicallyPrecedes($1) }

    private func fill(_ ledger: TestLedger) async throws {
        let files = try await ledger.database.recordPublication(
            Self.paths.shuffled().map { bytes in
                var file = newFile("")
                file.path = Self.path(bytes)
                return file
            }
        )
        ledger.database.confirmPublication(files.map(\.id))
        try await ledger.database.replaceForeignFiles(
            after: nil,
            through: nil,
            with: Self.paths.shuffled().map { bytes in
                ForeignFile(path: Self.path(bytes), size: 1, modifiedAt: ledger.now)
            }
        )
    }

    @Test(arguments: ["", "a", "a/", "a/b", "é", "e", "_", "%", "z", "日"])
    func aPrefixMeansBytes(_ prefix: String) async throws {
        let ledger = try await TestLedger()
        try await fill(ledger)
        let expected = Self.paths.filter { $0.starts(with: prefix.utf8) }
        let files = try await ledger.database.files(prefix: prefix, after: nil, limit: 100)
        #expect(files.map(\.path.bytes) == expected)
        let foreign = try await ledger.database.foreignFiles(prefix: prefix, after: nil, limit: 100)
        #expect(foreign.map(\.path.bytes) == expected)
        try await ledger.close()
    }

    @Test(arguments: 1...4)
    func pagesJoinWithoutGapOrRepetition(_ limit: Int) async throws {
        let ledger = try await TestLedger()
        try await fill(ledger)
        for prefix in ["", "a", "a/"] {
            var seen: [BucketPath] = []
            var foreign: [BucketPath] = []
            while true {
                let page = try await ledger.database.files(prefix: prefix, after: seen.last, limit: limit)
                foreign += try await ledger.database.foreignFiles(prefix: prefix, after: foreign.last, limit: limit)
                    .map(\.path)
                #expect(page.count <= limit)
                if page.isEmpty { break }
                seen += page.map(\.path)
            }
            let expected = Self.paths.filter { $0.starts(with: prefix.utf8) }.map(Self.path)
            #expect(seen == expected)
            #expect(foreign == expected)
        }
        try await ledger.close()
    }

    @Test func aPageAfterAPathBeforeThePrefixBeginsWithThePrefix() async throws {
        let ledger = try await TestLedger()
        try await fill(ledger)
        let files = try await ledger.database.files(prefix: "a/", after: Self.path([0x25]), limit: 2)
        #expect(files.map(\.path.description) == ["a/b", "a/b/c"])
        #expect(try await ledger.database.files(prefix: "a/", after: Self.path([0x62]), limit: 2).isEmpty)
        try await ledger.close()
    }

    @Test(
        arguments: [([0x61], [0x62]), ([0x61, 0xFF], [0x62]), ([0xFF, 0xFF], nil), ([], nil)] as [([UInt8], [UInt8]?)]
    )
    func theSuccessorOfAPrefixIsTheLeastAboveIt(_ prefix: [UInt8], _ successor: [UInt8]?) {
        #expect(PathRange.successor(of: prefix) == successor)
    }

    @Test func theNewestComeFirst() async throws {
        let ledger = try await TestLedger()
        let files = try await ledger.database.recordPublication(["b", "a", "c", "d"].map { newFile($0) })
        ledger.database.confirmPublication(files.map(\.id).dropLast())
        try await ledger.database.markGone([files[1].id])
        #expect(try await ledger.database.newestFiles(limit: 5).map(\.path.description) == ["c", "b"])
        #expect(try await ledger.database.newestFiles(limit: 1).map(\.path.description) == ["c"])
        try await ledger.close()
    }

    @Test func aPartOfTheForeignIndexIsReplaced() async throws {
        let ledger = try await TestLedger()
        func foreign(_ path: String, size: Int64 = 1) -> ForeignFile {
            ForeignFile(path: BucketPath(recorded: Array(path.utf8)), size: size, modifiedAt: ledger.now)
        }
        let all = ["a", "b", "c", "d", "e"].map { foreign($0) }
        try await ledger.database.replaceForeignFiles(after: nil, through: nil, with: all)
        try await ledger.database.replaceForeignFiles(
            after: all[0].path,
            through: all[2].path,
            with: [foreign("bb"), foreign("c", size: 9)]
        )
        let found = try await ledger.database.foreignFiles(prefix: "", after: nil, limit: 10)
        #expect(found == [foreign("a"), foreign("bb"), foreign("c", size: 9), foreign("d"), foreign("e")])
        try await ledger.database.replaceForeignFiles(after: all[2].path, through: nil, with: [])
        #expect(try await ledger.database.foreignFiles(prefix: "", after: nil, limit: 10).count == 3)
        try await ledger.close()
    }
}
