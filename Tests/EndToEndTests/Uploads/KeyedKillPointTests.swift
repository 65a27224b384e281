import IngestTesting
import SystemPackage
import Testing

/// The built daemon, killed before each system call with which a request with an `Idempotency-Key` changes files: who
/// sends it again until there is an answer has stored everything once.
///
/// A run tries some of the points, `BUCKETD_FAULTS=full` all of them.
@Suite struct KeyedKillPointTests {
    enum Request: String, CaseIterable, CustomTestStringConvertible {
        /// Of several files, which would get other names the second time.
        case form
        /// Of a file that is there before, which the second time would replace the first.
        case replacement

        var testDescription: String { rawValue }
    }

    private static let options = DaemonProcess.Options(settings: "thumbnails: {sizes: []}\n")

    @Test(.requires(.root), .timeLimit(.minutes(30)), arguments: Request.allCases)
    func nothingIsStoredTwice(_ request: Request) async throws {
        let directory = try TemporaryDirectory()
        let first = try await DaemonProcess.start(in: directory, options: Self.options)
        let walk = KillPointWalk(title: "keyed \(request)", share: 10, daemon: first)
        let (daemon, kills) = try await walk.run { Attempt(request, number: $0) }
        #expect(kills > 5)
        #expect(try await AnswerAudit(daemon: daemon).run().isEmpty)
        daemon.terminate()
        #expect(await daemon.waitForExit() == 0)
    }

    private struct Attempt: KillPointAttempt {
        private let request: Request
        private let name: String
        /// By name, what is there in the end.
        private let files: [String: [UInt8]]
        private var answer: Reply?

        init(_ request: Request, number: Int) {
            self.request = request
            name = "n\(number)"
            let content = Content(seed: UInt64(number), size: 5000).bytes
            files =
                switch request {
                case .form: ["n\(number)f1": Array(content[..<3000]), "n\(number)f2": Array(content[3000...])]
                case .replacement: ["n\(number)": content]
                }
        }

        mutating func run(on daemon: DaemonProcess, killingBefore point: Int) async throws -> KillPointOutcome {
            if request == .replacement {
                #expect(try await daemon.request("PUT", "/files/\(name)", body: Array("old".utf8)).status == 201)
            }
            var answer: Reply?
            defer { self.answer = answer }
            return try await trapped(on: daemon, before: point) {
                let reply = try await send(to: daemon)
                answer = reply
                return reply.status
            }
        }

        private func send(to daemon: DaemonProcess) async throws -> Reply {
            let key = ("Idempotency-Key", name)
            guard request == .form else {
                return try await daemon.request("PUT", "/files/\(name)", headers: [key], body: files[name])
            }
            let form = FormBody(files: files.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
            return try await daemon.request(
                "POST",
                "/files",
                headers: [key, ("Content-Type", form.contentType)],
                body: form.bytes
            )
        }

        func audit(_ daemon: DaemonProcess, isAcknowledged: Bool, _ place: Comment) async throws {
            let again = try await send(to: daemon)
            #expect(again.status == (request == .form ? 201 : 204), "\(place): \(again.text)")
            if let answer {
                #expect(again.status == answer.status && again.body == answer.body, "\(place): \(again.text)")
                #expect(again["ETag"] == answer["ETag"] && again["Location"] == answer["Location"], place)
            }
            let names = daemon.directory.names(in: "bucket").filter { name in
                files.keys.contains { name == $0 || name.hasPrefix("\($0) ") }
            }
            #expect(names == files.keys.sorted(), place)
            for (name, content) in files {
                #expect(try daemon.directory.read("bucket/\(name)") == content, place)
                let file = try await daemon.settledFiles(prefix: name).first { $0.filename == name }
                #expect(file?.sha256 == AnswerAudit.digest(of: content), place)
            }
            // Of what is replaced, one more generation and no second one; what was withdrawn was never seen.
            let ledger = try LedgerFile(daemon.state.appending("ledger.sqlite"))
            let rows = try ledger.number(
                "SELECT count(*) FROM files WHERE CAST(path AS TEXT) IN (\(quotedNames)) AND state <> 'withdrawn'"
            )
            #expect(rows == 2, "\(place): \(rows ?? 0) rows")
            #expect(daemon.directory.names(in: "bucket.state/spool").isEmpty, place)
        }

        private var quotedNames: String { files.keys.map { "'\($0)'" }.joined(separator: ",") }
    }
}
