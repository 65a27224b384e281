import Ingest
import Testing

@Suite struct FileCatalogTests {
    private func path(_ text: String) -> BucketPath { BucketPath(recorded: Array(text.utf8)) }

    private func row(_ number: Int, _ name: String) throws -> FileRecord {
        FileRecord(
            id: FileID(Int64(number)),
            path: path(name),
            generation: 1,
            state: .published,
            upload: .random(),
            identity: FileIdentity(inode: UInt64(number), birthTime: 0, size: 1, modificationTime: 0),
            digest: try #require(SHA256Digest([UInt8](repeating: 0, count: 32))),
            contentType: nil,
            originalName: nil,
            replaces: nil,
            createdAt: Timestamp(milliseconds: 0)
        )
    }

    private func catalog(_ names: [String], foreign: [String]) throws -> FileCatalog {
        let ledger = LedgerFake(
            rows: try names.enumerated().map { try row($0.offset, $0.element) },
            foreign: foreign.map {
                ForeignFile(path: path($0), size: 1, modifiedAt: Timestamp(milliseconds: 0))
            }
        )
        return FileCatalog(ledger: ledger, files: FilesFake(), queue: QueueFake())
    }

    /// However small the pages, together they are the whole list, in order, each file once.
    @Test(arguments: [1, 2, 3, 5, 100])
    func pagesJoinToTheWholeList(limit: Int) async throws {
        let ours = ["a", "c", "d/gone", "e", "gone1", "gone2", "gone3", "x"]
        let foreign = ["b", "c", "d/f1", "d/f2", "d/f3", "d/f4", "f", "z"]
        let catalog = try catalog(ours, foreign: foreign)
        var listed: [String] = []
        var after: BucketPath?
        repeat {
            let page = try await catalog.page(prefix: "", after: after, limit: limit)
            #expect(page.entries.count <= limit)
            listed += page.entries.map(\.path.description)
            after = page.next
        } while after != nil
        #expect(listed == ["a", "b", "c", "d/f1", "d/f2", "d/f3", "d/f4", "e", "f", "x", "z"])
    }

    @Test func aPrefixChooses() async throws {
        let catalog = try catalog(["in/a", "in/b", "inside", "out/c"], foreign: ["in/f"])
        let page = try await catalog.page(prefix: "in/", after: nil, limit: 10)
        #expect(page.entries.map(\.path.description) == ["in/a", "in/b", "in/f"])
        #expect(page.next == nil)
    }

    /// Newest first; those that are not among the newest of all are found by their names.
    @Test(arguments: [0, 5, 58, 59, 100])
    func theNewestOfADirectoryAreFoundHoweverMuchIsNewerElsewhere(others: Int) async throws {
        let elsewhere = (0..<others).map { "other/\($0)" }
        let catalog = try catalog(["in/a", "in/b", "in/gone", "inside"] + elsewhere + ["in/new"], foreign: [])
        let newest = try await catalog.newest(limit: 3, in: path("in"))
        #expect(newest.map(\.path.description) == ["in/new", "in/b"])
    }
}
