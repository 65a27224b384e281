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

    /// A ledger of the first release has no owners.
    @Test func anOldLedgerGetsOwners() async throws {
        let old = try await TestLedger(migrations: [.v1])
        try await old.database.close()
        let new = try await TestLedger(in: old.directory)
        let files = try await new.database.recordPublication([file("a", 10, "ann")])
        new.database.confirmPublication(files.map(\.id))
        #expect(try await new.database.storedBytes(of: "ann") == 10)
        try await new.close()
    }
}
