import Ingest
import Testing

@testable import Ledger

/// Uploads that outlive their requests.
@Suite(.timeLimit(.minutes(1))) struct UnfinishedUploadTests {
    private func record(_ ledger: TestLedger, length: Int64? = 100, expiresIn seconds: Int64 = 60) -> UploadRecord {
        UploadRecord(
            id: .random(),
            length: length,
            owner: "somebody",
            request: [0, 255, 7],
            createdAt: ledger.now,
            expiresAt: ledger.now.advanced(by: .seconds(seconds))
        )
    }

    private func progress(_ record: UploadRecord, to offset: Int64) -> UploadProgress {
        UploadProgress(offset: offset, length: record.length, expiresAt: record.expiresAt)
    }

    @Test(arguments: [nil, 100] as [Int64?])
    func whatIsRecordedComesBackAsItWas(_ length: Int64?) async throws {
        let ledger = try await TestLedger()
        let new = record(ledger, length: length)
        try await ledger.database.recordUpload(new)
        #expect(try await ledger.database.upload(new.id) == new)
        #expect(try await ledger.database.upload(.random()) == nil)
        #expect(try await ledger.database.openUploads(after: nil, limit: 10) == [new])
        #expect(try await ledger.database.countOpenUploads() == 1)
        try await ledger.close()
    }

    @Test func anOffsetNeverGoesBack() async throws {
        let ledger = try await TestLedger()
        let new = record(ledger)
        try await ledger.database.recordUpload(new)
        try await ledger.database.recordProgress(of: new.id, progress(new, to: 40))
        try await ledger.database.recordProgress(of: new.id, progress(new, to: 40))
        #expect(await code { try await ledger.database.recordProgress(of: new.id, progress(new, to: 39)) } == .notFound)
        #expect(try await ledger.database.upload(new.id)?.offset == 40)
        #expect(
            await code { try await ledger.database.recordProgress(of: .random(), progress(new, to: 50)) } == .notFound
        )
        try await ledger.close()
    }

    @Test func progressIsOnStableStorage() async throws {
        let ledger = try await TestLedger()
        let new = record(ledger)
        try await ledger.database.recordUpload(new)
        let syncs = ledger.logSyncs
        try await ledger.database.recordProgress(of: new.id, progress(new, to: 1))
        #expect(ledger.logSyncs > syncs)
        try await ledger.close()
    }

    @Test func anUploadIsCompleteWithItsFilesOrNotAtAll() async throws {
        let ledger = try await TestLedger()
        let new = record(ledger)
        try await ledger.database.recordUpload(new)
        var (first, second) = (newFile("a"), newFile("b"))
        let later = new.expiresAt.advanced(by: .seconds(60))
        let complete = CompletedResource(id: new.id, length: 100, expiresAt: later)
        (first.resource, second.resource) = (complete, complete)
        #expect(
            await code { try await ledger.database.recordPublication([first, second, newFile("a")]) } == .nameTaken
        )
        #expect(try await ledger.database.upload(new.id)?.state == .open)

        let files = try await ledger.database.recordPublication([first, second])
        let whole = try #require(try await ledger.database.upload(new.id))
        #expect(whole.state == .complete)
        #expect(whole.offset == 100)
        #expect(whole.expiresAt == later)
        #expect(try await ledger.database.countOpenUploads() == 0)
        #expect(try await ledger.database.openUploads(after: nil, limit: 10).isEmpty)
        ledger.database.confirmPublication(files.map(\.id))
        #expect(try await ledger.database.files(of: new.id).map(\.path.description) == ["a", "b"])
        try await ledger.close()
    }

    @Test func onlyOneRequestCompletesAnUpload() async throws {
        let ledger = try await TestLedger()
        let new = record(ledger)
        try await ledger.database.recordUpload(new)
        for (path, isFirst) in [("a", true), ("b", false)] {
            var file = newFile(path)
            file.resource = CompletedResource(id: new.id, length: 100, expiresAt: new.expiresAt)
            let refusal = await code { try await ledger.database.recordPublication([file]) }
            #expect(refusal == (isFirst ? nil : .notFound))
        }
        #expect(await code { try await ledger.database.recordProgress(of: new.id, progress(new, to: 50)) } == .notFound)
        try await ledger.close()
    }

    @Test func aWithdrawnPublicationOpensItsUploadAgain() async throws {
        let ledger = try await TestLedger()
        let new = record(ledger)
        try await ledger.database.recordUpload(new)
        var file = newFile("a")
        file.resource = CompletedResource(id: new.id, length: 100, expiresAt: new.expiresAt)
        let recorded = try await ledger.database.recordPublication([file])
        try await ledger.database.withdrawPublication(recorded.map(\.id))
        let open = try #require(try await ledger.database.upload(new.id))
        #expect(open.state == .open)
        #expect(open.offset == 0)
        #expect(try await ledger.database.countOpenUploads() == 1)
        try await ledger.close()
    }

    /// What is there was told, and must not come twice.
    @Test func anUploadStaysCompleteWhileAnyOfItsFilesIsThere() async throws {
        let ledger = try await TestLedger()
        let new = record(ledger)
        try await ledger.database.recordUpload(new)
        var (first, second) = (newFile("a"), newFile("b"))
        first.resource = CompletedResource(id: new.id, length: 100, expiresAt: new.expiresAt)
        second.resource = first.resource
        let files = try await ledger.database.recordPublication([first, second]).map(\.id)
        try await ledger.database.withdrawPublication([files[1]])
        #expect(try await ledger.database.upload(new.id)?.state == .complete)
        try await ledger.database.withdrawPublication([files[0]])
        #expect(try await ledger.database.upload(new.id)?.state == .open)
        try await ledger.close()
    }

    /// A quota counts them from the moment they are safe until their file takes their place.
    @Test func theBytesOfOpenUploadsAreStored() async throws {
        let ledger = try await TestLedger()
        let (kept, removed) = (record(ledger), record(ledger))
        for upload in [kept, removed] {
            try await ledger.database.recordUpload(upload)
            try await ledger.database.recordProgress(of: upload.id, progress(upload, to: 10))
        }
        #expect(try await ledger.database.storedBytes() == 20)
        let commits = ledger.database.statistics.commits
        try await ledger.database.removeUploads([removed.id, .random()])
        #expect(ledger.database.statistics.commits == commits + 1)
        try await ledger.database.removeUploads([removed.id])
        #expect(try await ledger.database.storedBytes() == 10)

        var file = newFile("a", size: 30)
        file.resource = CompletedResource(id: kept.id, length: 30, expiresAt: kept.expiresAt)
        let files = try await ledger.database.recordPublication([file])
        #expect(try await ledger.database.storedBytes() == 30)
        ledger.database.confirmPublication(files.map(\.id))
        #expect(try await ledger.database.storedBytes() == 30)
        try await ledger.database.removeUploads([kept.id])
        #expect(try await ledger.database.storedBytes() == 30)
        try await ledger.close()
    }

    @Test func uploadsExpireInTheOrderOfTheirTime() async throws {
        let ledger = try await TestLedger()
        let uploads = [30, 10, 20, 99].map { record(ledger, expiresIn: $0) }
        for upload in uploads { try await ledger.database.recordUpload(upload) }
        func expired(excluding excluded: [UploadID], limit: Int) async throws -> [UploadID] {
            let moment = ledger.now.advanced(by: .seconds(30))
            return try await ledger.database.uploads(expiredBy: moment, excluding: excluded, limit: limit)
        }
        #expect(try await expired(excluding: [], limit: 10) == [uploads[1].id, uploads[2].id, uploads[0].id])
        #expect(try await expired(excluding: [uploads[1].id, uploads[3].id], limit: 1) == [uploads[2].id])
        try await ledger.close()
    }

    @Test func uploadsAreMadeOfPiecesThatAreWhole() async throws {
        let ledger = try await TestLedger()
        let database = ledger.database
        let pieces = [record(ledger, expiresIn: 90), record(ledger, length: nil, expiresIn: 80), record(ledger)]
        for piece in pieces { try await database.recordUpload(piece) }
        func final(_ pieces: [UploadRecord]) async throws -> UploadRecord {
            var final = record(ledger, expiresIn: 10)
            final.pieces = pieces.map(\.id)
            final.source = "192.0.2.1"
            try await database.recordUpload(final)
            return final
        }
        let final = try await final([pieces[0], pieces[1], pieces[0]])
        #expect(try await database.upload(final.id) == final)
        let other = try await self.final(of: pieces[2], in: ledger)
        #expect(try await database.uploadsWithWholePieces(after: nil, limit: 9).isEmpty)
        try await database.recordProgress(of: pieces[0].id, progress(pieces[0], to: 100))
        let unknown = UploadProgress(offset: 7, length: nil, expiresAt: pieces[1].expiresAt)
        try await database.recordProgress(of: pieces[1].id, unknown)
        #expect(try await database.uploadsWithWholePieces(after: nil, limit: 9).isEmpty)
        let whole = UploadProgress(offset: 7, length: 7, expiresAt: pieces[1].expiresAt)
        try await database.recordProgress(of: pieces[1].id, whole)
        #expect(try await database.uploadsWithWholePieces(after: nil, limit: 9) == [final.id])
        #expect(try await database.uploadsWithWholePieces(after: final.id, limit: 9).isEmpty)

        // They live as long as the piece that ends first.
        try await database.putOffExpiry(ofUploadsWithPiecesBefore: ledger.now.advanced(by: .seconds(9)))
        #expect(try await database.upload(final.id)?.expiresAt == final.expiresAt)
        try await database.putOffExpiry(ofUploadsWithPiecesBefore: ledger.now.advanced(by: .seconds(10)))
        #expect(try await database.upload(final.id)?.expiresAt == pieces[1].expiresAt)

        #expect(try await database.uploadsWithLostPieces(limit: 9).isEmpty)
        try await database.removeUploads([pieces[2].id])
        #expect(try await database.uploadsWithLostPieces(limit: 9) == [other.id])
        try await database.putOffExpiry(ofUploadsWithPiecesBefore: ledger.now.advanced(by: .seconds(100)))
        #expect(try await database.upload(other.id)?.expiresAt == pieces[2].expiresAt)
        try await ledger.close()
    }

    private func final(of piece: UploadRecord, in ledger: TestLedger) async throws -> UploadRecord {
        var final = record(ledger, expiresIn: 10)
        final.pieces = [piece.id]
        try await ledger.database.recordUpload(final)
        return final
    }

    @Test func openUploadsComePageByPage() async throws {
        let ledger = try await TestLedger()
        var ids: [UploadID] = []
        for _ in 0..<5 {
            let new = record(ledger)
            try await ledger.database.recordUpload(new)
            ids.append(new.id)
        }
        var found: [UploadID] = []
        while let page = try await ledger.database.openUploads(after: found.last, limit: 2).map(\.id).nilIfEmpty {
            found += page
        }
        #expect(found == ids.sorted { $0.rawValue < $1.rawValue })
        try await ledger.close()
    }
}

extension Array {
    fileprivate var nilIfEmpty: Self? { isEmpty ? nil : self }
}
