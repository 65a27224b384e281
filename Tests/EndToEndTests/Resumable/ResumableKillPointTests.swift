import IngestTesting
import SystemPackage
import Testing

/// The built daemon, killed before each system call with which a request to an upload of several changes files.
///
/// A run tries some of the points, `BUCKETD_FAULTS=full` all of them.
@Suite struct ResumableKillPointTests {
    enum Request: String, CaseIterable, CustomTestStringConvertible {
        case creation
        case creationWithContent
        case append
        case completion
        case termination
        case concatenation
        /// Of an upload that waits for its pieces, and is made then.
        case lastPiece
        /// The rest of a form of several files.
        case form
        case expiry

        var testDescription: String { rawValue }
        var share: Int { [.completion, .form].contains(self) ? 6 : 3 }
        /// Nil: all that there are.
        var dialect: UploadDialect? {
            switch self {
            case .concatenation, .lastPiece: .tus
            case .form: .draft
            case .creation, .creationWithContent, .append, .completion, .termination, .expiry: nil
            }
        }
    }

    private static let options = DaemonProcess.Options(settings: "thumbnails: {sizes: []}\ncollision: replace\n")
    private static let rows = UploadDialect.allCases.flatMap { dialect in
        Request.allCases.filter { request in
            // The daemon sweeps only now and then: each point takes its time.
            (request != .expiry || FaultScale.current == .full) && (request.dialect ?? dialect) == dialect
        }.map { (dialect, $0) }
    }

    @Test(.requires(.root), .timeLimit(.minutes(30)), arguments: rows)
    func anUploadGoesOnWhereItWas(_ dialect: UploadDialect, _ request: Request) async throws {
        let directory = try TemporaryDirectory()
        let first = try await DaemonProcess.start(in: directory, options: Self.options)
        let walk = KillPointWalk(title: "\(dialect), \(request)", share: request.share, daemon: first)
        let (last, kills) = try await walk.run { Attempt(dialect, request, number: $0) }
        #expect(kills > 0)
        #expect(try await AnswerAudit(daemon: last).run().isEmpty)
        // What nobody was told of goes with its time.
        let daemon = try await last.restartedWithUploadsExpired()
        #expect(directory.names(in: "bucket.state/spool").isEmpty)
        daemon.terminate()
        #expect(await daemon.waitForExit() == 0)
    }

    private struct Attempt: KillPointAttempt, CustomStringConvertible {
        let request: Request
        private let number: Int
        private var client: ResumableClient
        private var pieces: [String] = []
        /// By name, what the upload is to become.
        private let files: [String: [UInt8]]
        private static let pieceStart = 2000

        var description: String { "\(client.dialect), \(request)" }

        init(_ dialect: UploadDialect, _ request: Request, number: Int) {
            self.request = request
            self.number = number
            let content = Content(seed: UInt64(number), size: 5000).bytes
            guard request == .form else {
                client = ResumableClient(dialect, name: "n\(number)", content: content)
                files = [client.name: content]
                return
            }
            files = ["n\(number)f1": Array(content[..<3000]), "n\(number)f2": Array(content[3000...])]
            let form = FormBody(files: files.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
            client = ResumableClient(form, name: "n\(number)f1")
        }

        mutating func run(on daemon: DaemonProcess, killingBefore point: Int) async throws -> KillPointOutcome {
            try await prepare(daemon)
            // Of what is sent, the client knows even where it gets no answer.
            var client = client
            defer { self.client = client }
            return try await trapped(on: daemon, before: point) {
                switch request {
                case .creation: try await client.begin(with: 0, on: daemon)
                case .creationWithContent: try await client.begin(with: 2000, on: daemon)
                case .append: try await client.append(2000, on: daemon)
                case .completion, .form: try await client.append(on: daemon)
                case .termination: try await client.terminate(on: daemon)
                case .concatenation: try await client.concatenate(pieces, on: daemon)
                case .lastPiece: try await finishLastPiece(daemon)
                case .expiry: try await expire(daemon)
                }
            }
        }

        private mutating func prepare(_ daemon: DaemonProcess) async throws {
            switch request {
            case .creation, .creationWithContent: break
            case .append, .completion, .form, .termination, .expiry:
                #expect(try await client.begin(with: 1000, on: daemon) == 201)
            case .concatenation:
                try await begin(UploadDialect.piece(client.content[..<Self.pieceStart]), daemon)
                try await begin(UploadDialect.piece(client.content[Self.pieceStart...]), daemon)
            case .lastPiece:
                let last = client.content[Self.pieceStart...]
                try await begin(UploadDialect.piece(client.content[..<Self.pieceStart]), daemon)
                try await begin(UploadDialect.piece(last.prefix(1000), of: last.count), daemon)
                #expect(try await client.concatenate(pieces, on: daemon) == 201)
            }
        }

        private mutating func begin(_ piece: UploadDialect.Request, _ daemon: DaemonProcess) async throws {
            let reply = try await daemon.send(piece)
            pieces.append(try #require(reply["Location"].flatMap(UploadDialect.path(ofLocation:))))
        }

        /// Sends what is missing of it, and returns when the upload is made; the status of an answer.
        private func finishLastPiece(_ daemon: DaemonProcess) async throws -> Int {
            let path = try #require(pieces.last)
            let told = try await daemon.send(client.dialect.query(path))["Upload-Offset"].flatMap { Int($0) }
            let offset = try #require(told)
            #expect(offset >= 1000, "the piece's offset is \(offset)")
            let rest = client.content[(Self.pieceStart + offset)...]
            let length = client.content.count - Self.pieceStart
            let status = try await daemon.send(client.dialect.append(rest, to: path, at: offset, of: length)).status
            guard status == 204 else { return status }
            while true {
                let reply = try await daemon.send(client.dialect.query(client.upload ?? ""))
                if reply.status != 200 || reply["Upload-Offset"] != nil { return reply.status }
                await Task.yield()
            }
        }

        /// Returns when the daemon has removed the upload.
        private func expire(_ daemon: DaemonProcess) async throws -> Int {
            let ledger = try LedgerFile(daemon.state.appending("ledger.sqlite"))
            try ledger.execute("UPDATE uploads SET expires_at = 0 WHERE id = '\(client.spoolName)'")
            while try await daemon.metric("bucketd_resumable_uploads_open") ?? 0 > 0 {
                await Task.yield()
            }
            return 204
        }

        mutating func audit(_ daemon: DaemonProcess, isAcknowledged: Bool, _ place: Comment) async throws {
            let mayBeOver = request == .termination || request == .expiry
            if request == .lastPiece {
                #expect(client.upload != nil, place)
                #expect(try await finishLastPiece(daemon) == 200, place)
            }
            if client.upload != nil {
                let isThere = try await client.ask(daemon, place)
                #expect(isThere ? !(mayBeOver && isAcknowledged) : mayBeOver, place)
            }
            let spool = daemon.directory
            if client.acknowledged > 0, client.acknowledged < client.content.count {
                let stored = try spool.read("bucket.state/spool/\(client.spoolName)")
                #expect(stored.starts(with: client.content[..<client.acknowledged]), place)
            }
            let status =
                if !pieces.isEmpty, client.acknowledged == client.content.count {
                    204
                } else if client.upload != nil {
                    try await client.append(on: daemon)
                } else if pieces.isEmpty {
                    try await client.begin(with: client.content.count, on: daemon)
                } else {
                    try await client.concatenate(pieces, on: daemon)
                }
            #expect([201, 204].contains(status), "\(place): to the rest the answer is \(status)")
            for piece in pieces {
                #expect(try await daemon.send(client.dialect.termination(of: piece)).status == 204, place)
            }
            try await auditFiles(daemon, place)
        }

        /// Its files are there once, whole, with their jobs.
        private func auditFiles(_ daemon: DaemonProcess, _ place: Comment) async throws {
            let listed = try await daemon.settledFiles(prefix: "n\(number)").filter { files[$0.filename] != nil }
            #expect(listed.map(\.filename).sorted() == files.keys.sorted(), place)
            for file in listed {
                let content = try #require(files[file.filename])
                #expect(try daemon.directory.read("bucket/\(file.filename)") == content, place)
                #expect(file.foreign != true, place)
                #expect(file.sha256 == AnswerAudit.digest(of: content), place)
                #expect(file.jobs.filter { $0.kind == "checksum" }.map(\.state) == ["done"], "\(place): \(file.jobs)")
            }
            #expect(try await daemon.json(JobList.self, at: "/jobs?state=dead").jobs.isEmpty, place)
        }
    }
}
