import Ingest
import Testing

@testable import Ledger

/// What is stored of each owner.
@Suite(.timeLimit(.minutes(1))) struct OwnerTests {
    private func file(_ path: String, _ size: Int64, _ owner: String?, replaces: FileID? = nil) -> NewFile {
        var file = newFile(path, size: size, replaces: replaces)
        file.owner = owner
        return file
    }

    @Test func filesCountForTheirOwnersWhileTheyAreThere() async throws {
        let ledger = try await TestLedger()
        func bytes(_ owner: String) async throws -> Int64 { try await ledger.database.storedBytes(of: owner) }
        let files = try await ledger.database.recordPublication([file("a", 10, "ann"), file("b", 20, "bob")])
        #expect(files.map(\.owner) == ["ann", "bob"])
        #expect(try await bytes("ann") == 0)
        ledger.database.confirmPublication(files.map(\.id))
        #expect(try await bytes("ann") == 10)
        #expect(try await bytes("bob") == 20)
        #expect(try await bytes("nobody") == 0)
        #expect(try await ledger.database.file(files[0].id)?.owner == "ann")

        // Until it is confirmed, what is replaced counts and what replaces it does not.
        let next = try await ledger.database.recordPublication([file("b", 5, "ann", replaces: files[1].id)])
        #expect(try await (bytes("ann"), bytes("bob")) == (10, 20))
        ledger.database.confirmPublication(next.map(\.id))
        #expect(try await (bytes("ann"), bytes("bob")) == (15, 0))
        try await ledger.database.flush()
        #expect(try await (bytes("ann"), bytes("bob")) == (15, 0))

        try await ledger.database.markGone([files[0].id])
        #expect(try await bytes("ann") == 5)
        let withdrawn = try await ledger.database.recordPublication([file("c", 100, "ann")])
        try await ledger.database.withdrawPublication(withdrawn.map(\.id))
        #expect(try await bytes("ann") == 5)
        try await ledger.close()
        let again = try await TestLedger(in: ledger.directory)
        #expect(try await again.database.storedBytes(of: "ann") == 5)
        try await again.close()
    }

    @Test func unfinishedUploadsCountToo() async throws {
        let ledger = try await TestLedger()
        let moment = Timestamp(milliseconds: 5_000_000)
        let upload = UploadRecord(
            id: .random(),
            length: 50,
            owner: "ann",
            request: [],
            createdAt: moment,
            expiresAt: moment
        )
        try await ledger.database.recordUpload(upload)
        let progress = UploadProgress(offset: 30, length: 50, expiresAt: moment)
        try await ledger.database.recordProgress(of: upload.id, progress)
        #expect(try await ledger.database.storedBytes(of: "ann") == 30)
        var whole = file("a", 50, "ann")
        whole.resource = CompletedResource(id: upload.id, length: 50, expiresAt: moment)
        let files = try await ledger.database.recordPublication([whole])
        #expect(try await ledger.database.storedBytes(of: "ann") == 50)
        try await ledger.database.withdrawPublication(files.map(\.id))
        #expect(try await ledger.database.storedBytes(of: "ann") == 30)
        try await ledger.database.removeUploads([upload.id])
        #expect(try await ledger.database.storedBytes(of: "ann") == 0)
        try await ledger.close()
    }

    /// A ledger of version 1, as a daemon of that time left it: 10 bytes of a file, 5 that were replaced, an open upload
    /// of 30 bytes, one of 7 that is its owner's, and one that is complete.
    private func oldLedger() async throws -> TestLedger {
        let old = try await TestLedger(migrations: [.v1])
        try await old.database.writer.perform { transaction in
            for sql in Self.oldRecord { _ = try transaction.execute(sql) }
        }
        try await old.database.close()
        return old
    }

    private static var oldRecord: [String] {
        [
            oldFile(generation: 1, "superseded", size: 5, endedAt: "500"),
            oldFile(generation: 2, "published", size: 10, endedAt: "NULL"),
        ] + oldUpload(open, "open", offset: 30, length: "50", owner: "NULL")
            + oldUpload(owned, "open", offset: 7, length: "NULL", owner: "'ann'")
            + oldUpload(.random(), "complete", offset: 9, length: "9", owner: "NULL")
    }

    private static func oldFile(generation: Int, _ state: String, size: Int, endedAt: String) -> String {
        """
        INSERT INTO files(path, generation, state, upload, inode, birth_time, size, modification_time, sha256,
            created_at, ended_at)
        VALUES (CAST('a' AS BLOB), \(generation), '\(state)', '\(UploadID.random())', 1, 2, \(size), 4, zeroblob(32),
            5, \(endedAt))
        """
    }

    /// Bytes count as they come.
    private static func oldUpload(
        _ id: UploadID,
        _ state: String,
        offset: Int,
        length: String,
        owner: String
    ) -> [String] {
        [
            """
            INSERT INTO uploads VALUES ('\(id)', '\(state)', 0, \(length), \(owner), x'01', 1, 9000000, NULL, NULL)
            """,
            "UPDATE uploads SET offset = \(offset) WHERE id = '\(id)'",
        ]
    }

    private static let open = UploadID.random()
    private static let owned = UploadID.random()

    @Test func whatAnOldLedgerHoldsStaysAndGetsOwners() async throws {
        let old = try await oldLedger()
        let new = try await TestLedger(in: old.directory)
        let ledger = new.database
        #expect(try await ledger.storedBytes() == 10 + 30 + 7)
        #expect(try await ledger.storedBytes(of: "ann") == 7)
        let listed = try await ledger.files(prefix: "", after: nil, limit: 10)
        #expect(listed.map(\.identity.size) == [10] && listed.map(\.owner) == [nil] && listed.map(\.generation) == [2])
        let uploads = try await ledger.openUploads(after: nil, limit: 10)
        #expect(Set(uploads.map(\.id)) == [Self.open, Self.owned])
        #expect(uploads.first { $0.id == Self.open }?.offset == 30)
        #expect(uploads.first { $0.id == Self.owned }?.owner == "ann")

        // They go on to their ends, and are counted once.
        let moment = Timestamp(milliseconds: 9_000_000)
        try await ledger.recordProgress(of: Self.open, UploadProgress(offset: 50, length: 50, expiresAt: moment))
        try await ledger.recordProgress(of: Self.owned, UploadProgress(offset: 8, length: 8, expiresAt: moment))
        var (first, second) = (file("b", 50, nil), file("c", 8, "ann"))
        first.resource = CompletedResource(id: Self.open, length: 50, expiresAt: moment)
        second.resource = CompletedResource(id: Self.owned, length: 8, expiresAt: moment)
        let files = try await ledger.recordPublication([first, second])
        ledger.confirmPublication(files.map(\.id))
        let next = try await ledger.recordPublication([file("a", 1, "ann", replaces: listed.first?.id)])
        ledger.confirmPublication(next.map(\.id))
        try await ledger.flush()
        #expect(try await ledger.storedBytes() == 1 + 50 + 8)
        #expect(try await ledger.storedBytes(of: "ann") == 1 + 8)
        try await ledger.markGone(files.map(\.id) + next.map(\.id))
        #expect(try await ledger.storedBytes() == 0)
        #expect(try await ledger.storedBytes(of: "ann") == 0)
        try await new.close()
    }
}
