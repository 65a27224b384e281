import Ingest
import IngestTesting
import Spool
import SystemPackage
import Testing
import Threading

@Suite(.timeLimit(.minutes(1))) struct BucketAdoptionTests {
    /// What was adopted, a transaction an element; refuses all after so many, as if it were killed.
    private final class Record: FileAdoption {
        let transactions = Locked<[[AdoptedFile]]>([])
        let limit: Int

        init(limit: Int = .max) {
            self.limit = limit
        }

        var names: [String] { transactions.withLock { $0.flatMap(\.self).map { "\($0.path)" } } }

        func skipNumbers(through number: Int64) async throws {}

        func adopt(_ files: [AdoptedFile]) async throws -> Int {
            try transactions.withLock { transactions in
                guard transactions.count < limit else { throw IngestError(.noSpace, "full") }
                transactions.append(files)
            }
            return files.count
        }
    }

    /// Gives a file the attribute that uploads of this text get.
    private func mark(_ file: FilePath, as upload: FilePath) throws {
        let calls = LinuxFileCalls()
        let source = try calls.open(upload, in: workingDirectory, .read)
        let digest = try source.closeAfter { try calls.attribute("user.checksum.sha256", of: source) }
        let target = try calls.open(file, in: workingDirectory, .readWrite)
        try target.closeAfter {
            try calls.setAttribute("user.checksum.sha256", of: target, to: try #require(digest))
        }
    }

    @Test func uploadsAreToldFromAllElse() async throws {
        let test = try TestBucket()
        var digests: [String: SHA256Digest] = [:]
        for name in ["a", "b", "d/e/c", "changed", "touched"] {
            digests[name] = try await test.daemon.put(name, "text of \(name)").digest
        }
        try test.path("foreign").write("text of a")
        // Somebody's copy, under a name that no upload gets: an e with a combining accent.
        try test.path("e\u{301}").write("text of a")
        try mark(test.path("e\u{301}"), as: test.path("a"))
        try test.path("changed").write("other text")
        try test.path("touched").write("text of touched")
        try test.path(".hidden").write("text of a")
        try test.path("link").link(to: "a")
        let next = try await test.restart(ledger: InMemoryFileLedger()).daemon
        try test.spool.appending("leftover").write("x")

        let record = Record()
        let summary = try await BucketAdoption(next.bucket, into: record, uploads: InMemoryFileLedger(), batch: 2)
            .run()
        #expect(record.names == ["a", "b", "d/e/c", "touched"])
        for file in record.transactions.withLock({ $0.flatMap(\.self) }) {
            #expect(file.digest == digests["\(file.path)"])
            let identity = try test.path("\(file.path)").status().identity
            #expect(file.identity == identity)
        }
        #expect(record.transactions.withLock { $0.allSatisfy { $0.count <= 2 } })
        #expect(summary.adopted == 4 && summary.recorded == 0)
        #expect(summary.adoptedBytes == Int64("text of atext of btext of d/e/ctext of touched".utf8.count))
        #expect(summary.foreign == 2)
        #expect(summary.changed.count == 1 && summary.changed.first.map(\.description) == ["changed"])
        #expect(summary.leftovers == ["leftover"])
        next.unlock()
    }

    @Test func whatHasARecordIsNotReadAgain() async throws {
        let test = try TestBucket()
        try await test.daemon.put("a", "1")
        try await test.daemon.put("b", "2")
        let record = Record()
        let summary = try await BucketAdoption(test.bucket, into: record, uploads: InMemoryFileLedger()).run()
        #expect(record.names.isEmpty)
        #expect(summary.recorded == 2 && summary.adopted == 0)
        test.daemon.unlock()
    }

    @Test func aRecordFromBeforeAReplacementGivesWay() async throws {
        let test = try TestBucket()
        let old = InMemoryFileLedger()
        var first: [String: FileRecord] = [:]
        for name in ["replaced", "kept", "foreign", "taken"] {
            first[name] = try await test.daemon.put(name, "first")
        }
        for var record in first.values {
            record.state = .published
            old.insert(record)
        }
        let second = try await test.daemon.put("replaced", "second", .replace)
        try test.path("foreign").remove()
        try test.path("foreign").write("another's")
        try test.path("taken").remove()

        let next = try await test.restart(ledger: old).daemon
        let record = Record()
        let summary = try await BucketAdoption(next.bucket, into: record, uploads: InMemoryFileLedger()).run()
        let adopted = record.transactions.withLock { $0.flatMap(\.self) }
        #expect(adopted.map { "\($0.path)" } == ["replaced"])
        #expect(adopted.first?.digest == second.digest)
        #expect(adopted.first?.supplants == Set(first.values.filter { "\($0.path)" == "replaced" }.map(\.id)))
        #expect(summary.adopted == 1 && summary.recorded == 1 && summary.foreign == 1)
        next.unlock()
    }

    /// A publication that was not confirmed gives way, too, unless its file still waits for its name.
    @Test(arguments: [false, true])
    func anUnfinishedPublicationGivesWayToWhatReplacedIt(isSpooled: Bool) async throws {
        let test = try TestBucket()
        let old = InMemoryFileLedger()
        var rows = [try await test.daemon.put("a", "first"), try await test.daemon.put("a", "second", .replace)]
        try await test.daemon.put("a", "third", .replace)
        (rows[0].state, rows[1].state, rows[1].replaces) = (.published, .publishing, rows[0].id)
        for row in rows { old.insert(row) }
        if isSpooled { try test.spool.appending(rows[1].upload.rawValue).write("second") }
        test.daemon.unlock()
        let next = try TestBucket.Daemon(test.options, LinuxFileCalls(), old)
        let record = Record()
        let summary = try await BucketAdoption(next.bucket, into: record, uploads: old).run()
        let adopted = record.transactions.withLock { $0.flatMap(\.self) }
        #expect(adopted.map(\.supplants) == (isSpooled ? [] : [Set(rows.map(\.id))]))
        #expect(summary.recorded == (isSpooled ? 1 : 0))
        next.unlock()
    }

    @Test func aRecordThatRefusesEndsIt() async throws {
        let test = try TestBucket()
        for name in ["a", "b", "c"] {
            try await test.daemon.put(name, name)
        }
        let next = try await test.restart(ledger: InMemoryFileLedger()).daemon
        let record = Record(limit: 1)
        #expect(
            await refusal {
                try await BucketAdoption(next.bucket, into: record, uploads: InMemoryFileLedger(), batch: 1).run()
            } == .noSpace
        )
        #expect(record.names == ["a"])
        next.unlock()
    }

    @Test func theFirstUploadIsFoundAmongOthers() async throws {
        let test = try TestBucket()
        #expect(try test.daemon.spool.state.firstUpload(lookingAt: 10) == nil)
        try test.path("a").write("foreign")
        try await test.daemon.put("b/c", "1")
        #expect(try test.daemon.spool.state.firstUpload(lookingAt: 10)?.description == "b/c")
        #expect(try test.daemon.spool.state.firstUpload(lookingAt: 1) == nil)
        test.daemon.unlock()
    }
}
