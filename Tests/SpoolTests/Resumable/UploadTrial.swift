import Ingest
import IngestTesting
import Spool
import SystemPackage
import Testing

/// One run of a scenario: what its client knows, and what must hold.
///
/// Used by one task at a time.
final class UploadTrial {
    private enum End {
        case no
        /// It was asked for, and not acknowledged.
        case perhaps
        case yes
    }

    private let scenario: ResumableScenario
    let test: TestBucket
    private let time = ManualTime()
    private(set) var server: UploadServer
    private var ledger: any AuditedLedger
    /// The upload's path, if the client knows it.
    private var upload: String?
    private var pieces: [String] = []
    /// Of the last piece, where that comes late: bytes that are told to be there, and that were sent.
    private var piece = (acknowledged: 0, sent: 0)
    private static let pieceStart = 20
    /// The highest offset that the client was told.
    private var acknowledged = 0
    /// Bytes that it has sent.
    private var sent = 0
    private var end = End.no
    /// Files that were opened to look at a name: whoever looked has closed them, which the plan does not see.
    private(set) var looks = 0
    private var content: [UInt8] { scenario.content }
    var dialect: UploadDialect { scenario.dialect }
    var plan: FaultPlan { test.plan }

    /// The plan counts from here on.
    init(_ scenario: ResumableScenario, ledger: (any AuditedLedger)? = nil) async throws {
        self.scenario = scenario
        let test = try TestBucket(ledger: ledger) { options in
            options.writebackInterval = 8
        }
        self.test = test
        self.ledger = ledger ?? test.ledger
        server = UploadServer(
            test.daemon,
            ledger: self.ledger,
            plan: test.plan,
            time: time,
            collision: scenario.collision
        )
        try await prepare()
        plan.startCounting()
    }

    private func prepare() async throws {
        if let count = scenario.before {
            try await create(content[..<count])
        }
        // After the beginning, which a name that is taken already may keep from it.
        if let other = scenario.other {
            try await server.daemon.put(ResumableScenario.name, other)
        }
        switch scenario.operation {
        case .concatenation:
            for part in [content[..<Self.pieceStart], content[Self.pieceStart...]] {
                pieces.append(try #require(await server.send(UploadDialect.piece(part)).upload))
            }
        case .lastPiece(let count):
            let last = content[Self.pieceStart...]
            piece = (last.count - count, last.count - count)
            let requests = [
                UploadDialect.piece(content[..<Self.pieceStart]),
                UploadDialect.piece(last.prefix(piece.sent), of: last.count),
            ]
            for request in requests { pieces.append(try #require(await server.send(request).upload)) }
            try await concatenate()
        case .creation, .append, .termination, .expiry:
            break
        }
        if scenario.isRestarted {
            // The first one's files are closed by now; another holds the same directories.
            server = makeServer(server.daemon, plan)
            try await server.uploads.load()
        }
        await plan.waitForDescriptors(test.idleDescriptors(holding: scenario.visibleBefore.count))
    }

    private func makeServer(_ daemon: TestBucket.Daemon, _ plan: FaultPlan?) -> UploadServer {
        UploadServer(daemon, ledger: ledger, plan: plan, time: time, collision: scenario.collision)
    }

    private func create(_ beginning: ArraySlice<UInt8>) async throws {
        sent = beginning.count
        let request =
            scenario.form.map { UploadDialect.creation(of: $0, content: beginning) }
            ?? dialect.creation(of: ResumableScenario.name, length: content.count, content: beginning)
        let answer = await server.send(request)
        guard answer.isSuccess else { throw UnexpectedStatus(status: answer.status) }
        acknowledged = beginning.count
        // All at once, an upload may be a file without ever having been a resource.
        guard beginning.count < content.count || answer.upload != nil else { return }
        let path: String = try #require(answer.upload)
        upload = path
    }

    private struct UnexpectedStatus: Error {
        let status: Int
    }

    /// The request that is on trial; its status, or 204 and 500 for what is none.
    func run() async -> Int {
        switch scenario.operation {
        case .creation(let count):
            return await status { try await create(content[..<count]) }
        case .concatenation:
            return await status { try await concatenate() }
        case .lastPiece:
            let status = await appendToLastPiece()
            await server.assemble()
            return status
        case .append(let count):
            return await append(count)
        case .termination:
            end = .perhaps
            let answer = await server.send(dialect.termination(of: upload ?? ""))
            if answer.isSuccess { end = .yes }
            return answer.status
        case .expiry:
            end = .perhaps
            time.advance(by: .seconds(2 * 24 * 3600))
            return await status { _ = try await server.uploads.removeExpired(limit: 10) }
        }
    }

    private func status(_ body: () async throws -> Void) async -> Int {
        do {
            try await body()
            return 204
        } catch {
            return (error as? UnexpectedStatus)?.status ?? 500
        }
    }

    private func concatenate() async throws {
        let answer = await server.send(UploadDialect.concatenation(of: pieces, to: ResumableScenario.name))
        guard answer.isSuccess else { throw UnexpectedStatus(status: answer.status) }
        let path: String = try #require(answer.upload)
        upload = path
        // Of one that waits for its pieces nobody is told an offset.
        if case .concatenation = scenario.operation { (sent, acknowledged) = (content.count, content.count) }
    }

    /// Sends the rest of it; the status.
    private func appendToLastPiece() async -> Int {
        let all = content[Self.pieceStart...]
        piece.sent = all.count
        let rest = all.dropFirst(piece.acknowledged)
        let request = dialect.append(rest, to: pieces.last ?? "", at: piece.acknowledged, of: all.count)
        let answer = await server.send(request)
        if answer.isSuccess { piece.acknowledged = all.count }
        return answer.status
    }

    private func checkLastPiece(_ place: Comment) async throws {
        let answer = await server.send(dialect.query(pieces.last ?? ""))
        if answer.status == 503, server.daemon.health.reason != nil { return }
        let offset = try #require(answer.offset, "\(place): HEAD of the piece is answered with \(answer.status)")
        #expect((piece.acknowledged...piece.sent).contains(offset), "\(place): offset \(offset) of the piece")
        piece.acknowledged = offset
    }

    /// Sends so many bytes more; the status.
    func append(_ count: Int) async -> Int {
        let (start, part) = (acknowledged, content[acknowledged...].prefix(count))
        sent = start + part.count
        if scenario.refusal != nil && sent == content.count { end = .perhaps }
        let request = dialect.append(part, to: upload ?? "", at: start, of: content.count)
        let answer = await server.send(request)
        if answer.isSuccess {
            acknowledged = max(acknowledged, answer.offset ?? sent)
            end = .no
        }
        return answer.status
    }

    // MARK: Audit

    /// What clients are told now is neither less than they were told before nor more than is there.
    func check(_ place: Comment) async throws {
        let visible = try test.visible()
        // Of several files some may be there as long as it is unknown what became of them.
        let isUndecided = !scenario.isOneFile && isWhole && server.daemon.health.reason != nil
        #expect(
            visible == scenario.visibleBefore || (visible == scenario.visibleAfter && isWhole) || isUndecided,
            "\(place): \(visible)"
        )
        if case .lastPiece = scenario.operation { try await checkLastPiece(place) }
        guard let upload else { return }
        let answer = await server.send(dialect.query(upload))
        // Of a publication with an unknown outcome nobody is told that it took place.
        if answer.status == 503, server.daemon.health.reason != nil { return }
        guard answer.isSuccess else {
            #expect(answer.status == 404 && end != .no, "\(place): HEAD is answered with \(answer.status)")
            self.upload = nil
            (sent, acknowledged) = (0, 0)
            return
        }
        #expect(end != .yes, "\(place): the upload is still there")
        if case .lastPiece = scenario.operation, answer.offset == nil {
            #expect(visible == scenario.visibleBefore, "\(place): it waits, and is there")
            return
        }
        let offset = try #require(answer.offset, place)
        if case .lastPiece = scenario.operation { sent = content.count }
        #expect((acknowledged...max(sent, acknowledged)).contains(offset), "\(place): offset \(offset)")
        acknowledged = offset
        if visible != scenario.visibleAfter || scenario.refusal != nil {
            let name = String(upload.split(separator: "/").last ?? "")
            let stored = offset > 0 ? try test.spool.appending(name).read() : ""
            #expect(stored.utf8.prefix(offset).elementsEqual(content.prefix(offset)), "\(place): \(stored)")
        }
    }

    private var isWhole: Bool {
        switch scenario.operation {
        case .concatenation: true
        case .lastPiece: Self.pieceStart + piece.sent == content.count
        case .creation, .append, .termination, .expiry: sent == content.count
        }
    }

    /// The client goes on until all is there.
    func finish(_ place: Comment) async throws {
        if case .lastPiece = scenario.operation {
            #expect(upload != nil, "\(place): it does not wait any more")
            let status = await appendToLastPiece()
            #expect(status == 204, "\(place): to the rest of the piece the answer is \(status)")
            await server.assemble()
            #expect(await server.send(dialect.query(upload ?? "")).offset == content.count, place)
            (acknowledged, sent) = (content.count, content.count)
        } else if upload != nil, case .concatenation = scenario.operation {
            #expect(acknowledged == content.count, place)
        } else if upload != nil {
            let status = await append(content.count)
            #expect(isExpected(status), "\(place): to the rest the answer is \(status)")
        } else {
            // An upload that is over, or that nobody was told of, is begun anew.
            end = .no
            let status = await self.status {
                if pieces.isEmpty { try await create(content[...]) } else { try await concatenate() }
            }
            #expect(isExpected(status), "\(place): to all of it the answer is \(status)")
            if dialect == .tus, status == scenario.refusal { looks += 1 }
        }
        #expect(try test.visible() == scenario.visibleAfter, place)
    }

    private func isExpected(_ status: Int) -> Bool {
        scenario.refusal.map { status == $0 } ?? [201, 204].contains(status)
    }

    /// Another process, whose steps do not fail, on what this one left.
    func restart(ledger next: (any AuditedLedger)? = nil) async throws {
        ledger = next ?? ledger
        server.daemon.unlock()
        let daemon = try await test.restart(ledger: ledger).daemon
        server = makeServer(daemon, nil)
        try await server.uploads.load()
    }

    /// When their time has come nothing is left of uploads, and what became of them is whole and has its jobs.
    func expireAll(_ place: Comment) async throws {
        time.advance(by: .seconds(3 * 24 * 3600))
        while try await server.uploads.removeExpired(limit: 3) > 0 {}
        #expect(try await ledger.uploads(expiredBy: .init(milliseconds: .max), excluding: [], limit: 9).isEmpty, place)
        #expect(server.uploads.openUploads == 0, place)
        #expect(server.daemon.intake.uploadsInFlight == 0, place)
        try await test.audit(server.daemon, ledger, place)
        let bytes = try test.visible().values.reduce(0) { $0 + $1.utf8.count }
        #expect(try await ledger.storedBytes() == bytes, place)
        server.daemon.unlock()
    }
}
