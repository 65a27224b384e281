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
        var daemon = try await DaemonProcess.start(in: directory, options: Self.options)
        // The first request of a process makes calls that later ones do not.
        _ = try await Attempt(request, number: 0, in: directory).run(on: daemon, killingBefore: 0)
        let calls = try await Attempt(request, number: 1, in: directory).run(on: daemon, killingBefore: 0).calls
        #expect(calls.count > 10)
        var killed: [String: Int] = [:]
        for point in Self.points(calls, request) {
            let attempt = Attempt(request, number: point + 1, in: directory)
            let outcome = try await attempt.run(on: daemon, killingBefore: point)
            if let call = outcome.killedBefore {
                killed[call, default: 0] += 1
                await daemon.waitForExit()
                daemon = try await daemon.restart()
            }
            let place = "\(request), point \(point) of \(calls.count): \(outcome.killedBefore ?? "not reached")"
            try await attempt.audit(daemon, isAcknowledged: outcome.isAcknowledged, Comment(rawValue: place))
        }
        #expect(killed.values.reduce(0, +) > 10, "\(killed)")
        print("\(request): \(calls.count) calls that change files, killed before \(killed.sorted { $0.key < $1.key })")
        #expect(try await AnswerAudit(daemon: daemon).run().isEmpty)
        daemon.terminate()
        #expect(await daemon.waitForExit() == 0)
    }

    /// The numbers of the calls to try; most of these are the ledger's writes, of which a bounded run tries fewer.
    ///
    /// The order of the calls differs a little between two runs, and so does their number: all are more than were seen.
    private static func points(_ calls: [String], _ request: Request) -> [Int] {
        guard FaultScale.current == .usual else { return Array(1...(calls.count + calls.count / 8)) }
        let numbered = calls.enumerated().map { (number: $0 + 1, call: $1) }
        let writes = numbered.filter { $0.call == "pwrite64" }.map(\.number)
        let others = numbered.filter { $0.call != "pwrite64" }.map(\.number)
        return
            (FaultScale.current.some(of: others, about: request.share)
            + FaultScale.current.some(of: writes, about: request.share / 2)).sorted()
    }

    /// One request under names of its own.
    private struct Attempt {
        struct Outcome {
            var isAcknowledged: Bool
            /// Where they were to be listed.
            var calls: [String]
            /// The call that the daemon did not live to make.
            var killedBefore: String?
        }

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

        func run(on daemon: DaemonProcess, killingBefore point: Int) async throws -> Outcome {
            for (name, bytes) in before {
                #expect(try await daemon.request("PUT", "/files/\(name)", body: bytes).status == 201)
            }
            try await daemon.settleJobs()
            let trap = try await SystemCallTrap.set(at: point, in: daemon)
            var isAcknowledged = false
            do {
                let status = try await send(to: daemon).status
                isAcknowledged = (200..<300).contains(status)
                #expect(isAcknowledged, "\(request): \(status)")
                // What comes after the answer belongs to it.
                try await daemon.settleJobs()
            } catch is LoopbackError {
                // The daemon is dead.
            }
            let (calls, killedBefore) = try await trap.end()
            return Outcome(isAcknowledged: isAcknowledged, calls: calls, killedBefore: killedBefore)
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
