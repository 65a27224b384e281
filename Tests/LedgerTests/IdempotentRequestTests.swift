import GRDB
import Ingest
import Testing

@testable import Ledger

/// Requests that their clients may send again.
@Suite(.timeLimit(.minutes(1))) struct IdempotentRequestTests {
    private let key = IdempotencyKey("key", scope: [])

    private func request(_ ledger: TestLedger, _ text: String = "key", seconds: Int64 = 60) -> IdempotentRequest {
        IdempotentRequest(
            key: IdempotencyKey(text, scope: []),
            fingerprint: RequestFingerprint(kind: text, files: []),
            expiresAt: ledger.now.advanced(by: .seconds(seconds))
        )
    }

    private func newFiles(_ paths: [String], of request: IdempotentRequest) -> [NewFile] {
        paths.map { path in
            var file = newFile(path)
            file.request = request
            return file
        }
    }

    private func publish(_ paths: String..., as request: IdempotentRequest, on ledger: TestLedger) async throws
        -> [PublishedFile]
    {
        let files = try await ledger.database.recordPublication(newFiles(paths, of: request), keepingJobsOf: [])
        ledger.database.confirmPublication(files.map(\.record.id))
        return files.map { file in
            var file = file
            file.record.state = .published
            return file
        }
    }

    @Test func whatARequestBroughtIsToldAsItWasThen() async throws {
        let ledger = try await TestLedger()
        let request = request(ledger)
        _ = try await ledger.publish("before")
        let files = try await publish("a", "b", as: request, on: ledger)
        _ = try await ledger.publish("after")
        let recorded = try #require(try await ledger.database.request(key))
        #expect(recorded.request == request)
        #expect(recorded.files == files)
        #expect(try await ledger.database.request(IdempotencyKey("other", scope: [])) == nil)

        // Its jobs end, others are added, and a watcher takes the file.
        for claim in try await ledger.claim("checksum", capacity: 9) {
            _ = try await ledger.database.finish(claim, .done(result: "fine"))
        }
        ledger.clock.advance(by: .seconds(1))
        _ = try await ledger.database.enqueue(
            [PlannedJob(kind: JobKind("more"), maxAttempts: 1)],
            for: files[0].record.id
        )
        try await ledger.database.markGone([files[1].record.id])
        #expect(try await ledger.database.request(key)?.files == files)
        try await ledger.close()
        let next = try await TestLedger(in: ledger.directory)
        #expect(try await next.database.request(key)?.files == files)
        try await next.close()
    }

    @Test func aRequestIsRecordedWithItsFilesOrNotAtAll() async throws {
        let ledger = try await TestLedger()
        let files = newFiles(["a", "a"], of: request(ledger))
        #expect(await code { try await ledger.database.recordPublication(files) } == .nameTaken)
        #expect(try await ledger.database.request(key) == nil)
        // Until their names are confirmed nobody is told.
        let unsure = try await ledger.database.recordPublication(newFiles(["b"], of: request(ledger)))
        #expect(try await ledger.database.request(key)?.files.map(\.record.state) == [.publishing])
        try await ledger.database.withdrawPublication(unsure.map(\.id))
        #expect(try await ledger.database.request(key) == nil)
        let rows = try await ledger.database.read { try $0.first("SELECT count(*) FROM requests")?[0] as Int? }
        #expect(rows == 0)
        try await ledger.close()
    }

    /// At a start, a file whose name cannot be given any more is withdrawn alone.
    @Test func whatIsLeftOfARequestIsTold() async throws {
        let ledger = try await TestLedger()
        let files = try await ledger.database.recordPublication(newFiles(["a", "b", "c"], of: request(ledger)))
        try await ledger.database.withdrawPublication([files[1].id])
        ledger.database.confirmPublication([files[0].id, files[2].id])
        let left = try #require(try await ledger.database.request(key))
        #expect(left.files.map(\.record.path.description) == ["a", "c"])
        try await ledger.close()
    }

    @Test func theWithdrawalOfOthersLeavesARequest() async throws {
        let ledger = try await TestLedger()
        let before = try await ledger.database.recordPublication([newFile("before")])
        _ = try await publish("a", as: request(ledger), on: ledger)
        let after = try await ledger.database.recordPublication([newFile("after")])
        try await ledger.database.withdrawPublication((before + after).map(\.id))
        #expect(try await ledger.database.request(key)?.files.count == 1)
        try await ledger.close()
    }

    @Test func aKeyThatHasExpiredIsUsedAgain() async throws {
        let ledger = try await TestLedger()
        _ = try await publish("a", as: request(ledger, seconds: 1), on: ledger)
        ledger.clock.advance(by: .seconds(2))
        let files = try await publish("b", as: request(ledger), on: ledger)
        #expect(try await ledger.database.request(key)?.files == files)
        try await ledger.close()
    }

    @Test func requestsAreForgottenWhenTheirTimeHasComeOrThereAreTooMany() async throws {
        let ledger = try await TestLedger()
        for number in 0..<6 {
            let seconds = Int64(number < 3 ? 10 - number : 100 + number)
            _ = try await publish("f\(number)", as: request(ledger, "\(number)", seconds: seconds), on: ledger)
        }
        func known() async throws -> [Int] {
            var known: [Int] = []
            for number in 0..<6 where try await ledger.database.request(IdempotencyKey("\(number)", scope: [])) != nil {
                known.append(number)
            }
            return known
        }
        func remove(after seconds: Int64, keeping count: Int, limit: Int = 100) async throws -> Int {
            let moment = ledger.now.advanced(by: .seconds(seconds))
            return try await ledger.database.removeRequests(expiredBy: moment, keeping: count, limit: limit)
        }
        #expect(try await remove(after: 7, keeping: 0) == 0)
        #expect(try await remove(after: 8, keeping: 6) == 1)
        #expect(try await known() == [0, 1, 3, 4, 5])
        #expect(try await remove(after: 10, keeping: 2, limit: 1) == 1)
        #expect(try await remove(after: 10, keeping: 2, limit: 100) == 2)
        #expect(try await known() == [4, 5])
        #expect(try await remove(after: 10, keeping: 2) == 0)
        try await ledger.close()
    }

    @Test func theFilesOfARequestAreOnRecordForAsLongAsItIs() async throws {
        let ledger = try await TestLedger(kinds: [])
        let files = try await publish("a", "b", as: request(ledger), on: ledger).map(\.record.id)
        let others = [try await ledger.publish("c").id]
        try await ledger.database.markGone(files + others)
        ledger.clock.advance(by: .seconds(1))
        func prunable() async throws -> [FileID] {
            try await ledger.database.prunableFiles(endedBefore: ledger.now, excluding: [], limit: 10).map(\.id)
        }
        #expect(try await prunable() == others)
        try await ledger.database.pruneFiles(files + others)
        #expect(try await ledger.database.request(key)?.files.count == 2)
        #expect(
            try await ledger.database.removeRequests(
                expiredBy: ledger.now.advanced(by: .seconds(60)),
                keeping: 0,
                limit: 10
            ) == 1
        )
        #expect(try await prunable() == files)
        try await ledger.close()
    }
}
