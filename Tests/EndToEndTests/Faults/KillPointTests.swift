import IngestTesting
import SystemPackage
import Testing

/// The built daemon, killed before each system call with which a request changes spool, bucket or ledger.
///
/// A run tries some of the points, `BUCKETD_FAULTS=full` all of them.
@Suite struct KillPointTests {
    enum Request: String, CaseIterable, CustomTestStringConvertible {
        case upload
        case uploadInNewDirectories
        case form
        case replacement
        case removal

        var testDescription: String { rawValue }

        /// About how many of its calls a bounded run tries, and half as many of the ledger's writes.
        var share: Int { self == .upload ? 40 : 12 }
    }

    private static let options = DaemonProcess.Options(settings: "thumbnails: {sizes: []}\n")

    @Test(.requires(.root), .timeLimit(.minutes(30)), arguments: Request.allCases)
    func nothingAcknowledgedIsLostAndNothingIsHalf(_ request: Request) async throws {
        let directory = try TemporaryDirectory()
        let first = try await DaemonProcess.start(in: directory, options: Self.options)
        let walk = KillPointWalk(title: "\(request)", share: request.share, daemon: first)
        let (daemon, kills) = try await walk.run { Attempt(request, number: $0, in: directory) }
        #expect(kills > 10)
        #expect(try await AnswerAudit(daemon: daemon).run().isEmpty)
        daemon.terminate()
        #expect(await daemon.waitForExit() == 0)
    }

    /// One request under names of its own.
    private struct Attempt: KillPointAttempt {
        let request: Request
        let number: Int
        let directory: TemporaryDirectory

        init(_ request: Request, number: Int, in directory: TemporaryDirectory) {
            self.request = request
            self.number = number
            self.directory = directory
        }

        private var name: String { "n\(number)" }
        private var path: String { request == .uploadInNewDirectories ? "\(name)d/e/file" : name }
        /// By name, what the bucket held before, and what it holds when the request has taken effect.
        private var before: [String: [UInt8]] {
            switch request {
            case .upload, .uploadInNewDirectories, .form: [:]
            case .replacement, .removal: [name: Content(seed: UInt64(number), size: 3000).bytes]
            }
        }
        private var after: [String: [UInt8]] {
            switch request {
            case .upload, .replacement: [name: Content(seed: UInt64(number) + 1_000_000, size: 5000).bytes]
            case .uploadInNewDirectories: [path: Content(seed: UInt64(number), size: 3000).bytes]
            case .form:
                Dictionary(
                    uniqueKeysWithValues: (0..<3).map {
                        ("\(name)f\($0)", Content(seed: UInt64(number * 10 + $0), size: 1000).bytes)
                    }
                )
            case .removal: [:]
            }
        }

        func run(on daemon: DaemonProcess, killingBefore point: Int) async throws -> KillPointOutcome {
            for (name, bytes) in before {
                #expect(try await daemon.request("PUT", "/files/\(name)", body: bytes).status == 201)
            }
            return try await trapped(on: daemon, before: point) { try await send(to: daemon).status }
        }

        private func send(to daemon: DaemonProcess) async throws -> Reply {
            switch request {
            case .upload, .uploadInNewDirectories, .replacement:
                return try await daemon.request("PUT", "/files/\(path)", body: after[path])
            case .removal:
                return try await daemon.request("DELETE", "/files/\(name)")
            case .form:
                let form = FormBody(files: after.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
                return try await daemon.request(
                    "POST",
                    "/files",
                    headers: [("Content-Type", form.contentType)],
                    body: form.bytes
                )
            }
        }

        private func isOurs(_ path: String) -> Bool {
            path == name || path.hasPrefix("\(name)f") || path.hasPrefix("\(name)d/")
        }

        /// All of the request or nothing of it, on disk and on record; all of it if it was acknowledged.
        func audit(_ daemon: DaemonProcess, isAcknowledged: Bool, _ place: Comment) async throws {
            var found: [String: [UInt8]] = [:]
            for entry in directory.paths(below: "bucket") where isOurs(entry) {
                found[entry] = try directory.read("bucket/\(entry)")
            }
            #expect(found == after || (!isAcknowledged && found == before), "\(place): \(found.keys)")
            let files = try await daemon.settledFiles(prefix: name).filter { isOurs($0.filename) }
            #expect(Set(files.map(\.filename)) == Set(found.keys), place)
            for file in files {
                #expect(file.foreign != true, place)
                #expect(file.sha256 == found[file.filename].map(AnswerAudit.digest), place)
                #expect(file.jobs.contains { $0.kind == "checksum" && $0.state == "done" }, "\(place): \(file.jobs)")
            }
            #expect(directory.names(in: "bucket.state/spool").isEmpty, place)
            #expect(try await daemon.json(JobList.self, at: "/jobs?state=dead").jobs.isEmpty, place)
        }
    }
}
