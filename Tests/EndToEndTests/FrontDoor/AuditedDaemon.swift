import IngestTesting
import SystemPackage
import Testing

/// A daemon, and what must hold of it after every request, whatever that was.
///
/// Used by one task at a time.
struct AuditedDaemon: Sendable {
    let directory: TemporaryDirectory
    let daemon: DaemonProcess
    /// What lies beside bucket and state, which no request may add to.
    private let surroundings: [String]

    static let settings = "thumbnails: {sizes: []}\n"

    static func start(
        settings: String = settings,
        listen: String? = nil,
        in directory: TemporaryDirectory? = nil
    ) async throws -> Self {
        let directory = try directory ?? TemporaryDirectory()
        var options = DaemonProcess.Options(settings: settings)
        options.listen = listen ?? options.listen
        let daemon = try await DaemonProcess.start(in: directory, options: options)
        return Self(directory: directory, daemon: daemon, surroundings: directory.names())
    }

    /// Sends the request on a connection of its own, after `prelude`, whose answers are read first; then audits.
    func check(_ test: WireCase, after prelude: [String] = []) async throws {
        let client = try await LoopbackClient.connect(to: daemon.address)
        defer { client.close() }
        for request in prelude.dropLast() {
            try await client.send(request)
            #expect(try await client.readReply().status == 200, "before \(test.name)")
        }
        async let sent: Void = send(test, after: prelude.last, by: client)
        if !prelude.isEmpty {
            #expect(try await client.readReply().status == 200, "before \(test.name)")
        }
        await read(test, from: client)
        await sent
        var kept: [String: [UInt8]] = [:]
        if case .stored(_, let files) = test.outcome { kept = files }
        try await audit(after: test.name, keeping: kept)
        // Whatever should not be there is another row's trouble no more.
        for path in paths(below: "bucket") where path != "good" {
            #expect(try await daemon.request("DELETE", "/files/\(path.percentEncoded)").status == 204, "\(test.name)")
        }
    }

    /// Whatever a request comes to: the process serves, rests, and keeps `files` and nothing else.
    ///
    /// The process is the one of before: a new one would have another port.
    func audit(after name: String, keeping files: [String: [UInt8]] = [:]) async throws {
        var expected = files
        for (path, bytes) in files {
            #expect(try directory.read("bucket/\(path)") == bytes, "\(name): \(path)")
        }
        expected["good"] = Array("after \(name)".utf8)
        let good = try await daemon.request("PUT", "/files/good", body: expected["good"])
        #expect([201, 204].contains(good.status), "after \(name): \(good.text)")
        #expect(try directory.read("bucket/good") == expected["good"], "after \(name)")
        let names = expected.keys.sorted()
        // By bytes: to Swift, strings that differ only in composition are equal.
        let found = paths(below: "bucket")
        #expect(Set(found.map { Array($0.utf8) }) == Set(names.map { Array($0.utf8) }), "after \(name): \(found)")
        #expect(directory.names() == surroundings, "after \(name)")
        try await daemon.settleJobs()
        #expect(
            try await daemon.json(FileList.self, at: "/files").files.map(\.filename).sorted() == names,
            "after \(name)"
        )
        // An aborted upload's bytes go when its task has ended, which may be after the client was answered.
        while !directory.names(in: "bucket.state/spool").isEmpty || !directory.names(in: "bucket.state/tmp").isEmpty {
            try Task.checkCancellation()
            await Task.yield()
        }
        try await daemon.waitUntilIdle()
    }

    /// Asks the daemon to stop, which it must do in order.
    func stop() async {
        daemon.terminate()
        #expect(await daemon.waitForExit() == 0)
    }

    /// All entries but directories that are not empty.
    private func paths(below root: String) -> [String] {
        directory.names(in: root).flatMap { name in
            let inner = paths(below: "\(root)/\(name)")
            return inner.isEmpty ? [name] : inner.map { "\(name)/\($0)" }
        }
    }

    /// The server may close before it has taken all: its answer says why.
    private func send(_ test: WireCase, after prelude: String?, by client: LoopbackClient) async {
        do {
            try await client.send(Array((prelude ?? "").utf8) + test.request)
            if test.isCutShort { try client.finishSending() }
        } catch {
            #expect(error.code == .reset, "\(test.name): \(error)")
        }
    }

    private func read(_ test: WireCase, from client: LoopbackClient) async {
        var replies: [Reply] = []
        do {
            while true { replies.append(try await client.readReply()) }
        } catch  where error.code == .closed || error.code == .reset {
            // All has been read.
        } catch {
            Issue.record("\(test.name): \(error)")
        }
        let statuses = replies.map(\.status)
        switch test.outcome {
        case .refused(let allowed), .stored(let allowed, _):
            #expect(statuses.count == 1 && allowed.isSuperset(of: statuses), "\(test.name): \(statuses)")
        case .dropped:
            #expect(statuses.count <= 1 && statuses.allSatisfy { $0 >= 400 }, "\(test.name): \(statuses)")
        }
        for reply in replies where reply.status >= 400 {
            #expect(reply.isProblem || reply.isOfTheLibrary, "\(test.name): \(reply)")
            #expect(reply.text.contains(test.text), "\(test.name): \(reply.text)")
        }
    }
}

extension Reply {
    /// RFC 9457.
    var isProblem: Bool { self["Content-Type"]?.hasPrefix("application/problem+json") == true }

    /// What the HTTP library says itself of a body whose framing breaks, before anybody is asked.
    fileprivate var isOfTheLibrary: Bool { [400, 413].contains(status) && text.contains("<html>") }
}

extension String {
    /// As the path of a URL.
    var percentEncoded: String {
        let plain = "/-._~"
        return utf8.map { byte in
            let scalar = Unicode.Scalar(byte)
            let isPlain = scalar.isASCII && (Character(scalar).isLetter || Character(scalar).isNumber)
            if isPlain || plain.unicodeScalars.contains(scalar) { return String(scalar) }
            let digits = String(byte, radix: 16)
            return digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
        }.joined()
    }
}
