import Glibc
import IngestTesting
import Testing

/// What does not fit is refused before its body is read where that can be known, and in words that the sender sees.
@Suite(.timeLimit(.minutes(2))) struct AdmissionTests {
    private static let mebibyte = 1 << 20

    private func start(_ limits: String, listen: String? = nil) async throws -> DaemonProcess {
        let settings = "limits: {\(limits)}\nthumbnails: {sizes: []}\n"
        var options = DaemonProcess.Options(settings: settings)
        options.listen = listen ?? options.listen
        return try await DaemonProcess.start(in: TemporaryDirectory(), options: options)
    }

    /// Whatever was refused: the same process takes the next good upload, and keeps nothing of the bad one.
    private func audit(_ daemon: DaemonProcess, holds names: [String] = []) async throws {
        let good = try await daemon.request("PUT", "/files/good", body: [1])
        #expect([201, 204].contains(good.status), "\(good.text)")
        #expect(kill(daemon.processID, 0) == 0)
        #expect(daemon.directory.names(in: "bucket") == (names + ["good"]).sorted())
        try await daemon.emptySpool()
        #expect(try await daemon.request("DELETE", "/files/good").status == 204)
        #expect(!daemon.output.contains("request failed"))
    }

    /// A problem document of this status, with the rule's name, the limit, and for all but 413 the time to try again.
    private func expect(_ reply: Reply, _ status: Int, _ rule: String, limit: Int, _ what: String = "") {
        #expect(reply.status == status, "\(what): \(reply.text)")
        #expect(reply["Content-Type"] == "application/problem+json", "\(what)")
        #expect(reply.text.contains("\"/problems/\(rule)\""), "\(what): \(reply.text)")
        #expect(reply.text.contains("\"limit\":\(limit)"), "\(what): \(reply.text)")
        let wait = reply["Retry-After"].flatMap { Int($0) } ?? 0
        #expect((wait > 0) == (status != 413), "\(what): \(wait)")
    }

    /// The answer to a request that would send its body only when it is told to.
    private func reply(
        from daemon: DaemonProcess,
        toExpecting head: (method: String, target: String),
        _ headers: [(String, String)] = [],
        length: Int?
    ) async throws -> Reply {
        let client = try await LoopbackClient.connect(to: daemon.address)
        defer { client.close() }
        let coding = length == nil ? [("Transfer-Encoding", "chunked")] : []
        let headers = headers + coding + [("Expect", "100-continue")]
        try await client.send(LoopbackClient.head(head.method, head.target, headers: headers, length: length))
        return try await client.readReply()
    }

    private static let form = ("Content-Type", "multipart/form-data; boundary=x-x-boundary")

    @Test func absurdLengthsHarmNobodyElse() async throws {
        let daemon = try await start("quota: 8000000TiB")
        try await withThrowingTaskGroup(of: (isHonest: Bool, status: Int).self) { group in
            for number in 0..<64 {
                group.addTask {
                    let client = try await LoopbackClient.connect(to: daemon.address)
                    defer { client.close() }
                    try await client.send(
                        LoopbackClient.head("PUT", "/files/\(number)", length: 999_999_999_999_999_999)
                    )
                    return (false, try await client.readReply().status)
                }
                if number.isMultiple(of: 4) {
                    group.addTask {
                        (true, try await daemon.request("PUT", "/files/honest\(number)", body: [1]).status)
                    }
                }
            }
            for try await (isHonest, status) in group {
                #expect(status == (isHonest ? 201 : 507))
            }
        }
        try await audit(daemon, holds: stride(from: 0, to: 64, by: 4).map { "honest\($0)" })
    }

    @Test func aSizeAboveTheLimitIsToldEarlyOrAsSoonAsItShows() async throws {
        let daemon = try await start("maxUploadSize: 1MiB")
        let limit = Self.mebibyte
        let large = [UInt8](repeating: 7, count: limit + 1)
        expect(try await daemon.request("PUT", "/files/a", body: large), 413, "too-large", limit: limit, "declared")
        let expecting = try await reply(from: daemon, toExpecting: ("PUT", "/files/a"), length: limit + 1)
        expect(expecting, 413, "too-large", limit: limit, "declared, expecting")
        // Above what a hundred files and all that may be around them can come to.
        let absurd = try await reply(from: daemon, toExpecting: ("POST", "/files"), [Self.form], length: 1 << 40)
        expect(absurd, 413, "too-large", limit: limit, "form, expecting")
        let form = FormBody(files: [("a", [1]), ("b", large)])
        let headers = [("Content-Type", form.contentType)]
        expect(
            try await daemon.request("POST", "/files", headers: headers, body: form.bytes),
            413,
            "too-large",
            limit: limit,
            "form"
        )
        let client = try await LoopbackClient.connect(to: daemon.address)
        defer { client.close() }
        try await client.send(LoopbackClient.head("PUT", "/files/a", headers: [("Transfer-Encoding", "chunked")]))
        let chunk = Array("100000\r\n".utf8) + large.dropLast() + Array("\r\n".utf8)
        try? await client.send(chunk + chunk)
        expect(try await client.readReply(), 413, "too-large", limit: limit, "chunked")
        #expect(try await daemon.request("PUT", "/files/exact", body: large.dropLast()).status == 201)
        try await audit(daemon, holds: ["exact"])
    }

    @Test func theQuotaCountsWhatIsThere() async throws {
        let daemon = try await start("quota: 1MiB")
        let content = [UInt8](repeating: 7, count: 800 << 10)
        #expect(try await daemon.request("PUT", "/files/first", body: content).status == 201)
        // A watcher takes it: its room is free at once, though nobody told.
        #expect(rename("\(daemon.bucket)/first", "\(daemon.directory.path)/taken") == 0)
        #expect(try await daemon.request("PUT", "/files/second", body: content).status == 201)
        // It takes its own place, at once and again.
        for _ in 0..<3 {
            #expect(try await daemon.request("PUT", "/files/second", body: content).status == 204)
        }
        expect(
            try await daemon.request("PUT", "/files/third", body: content),
            507,
            "quota-exceeded",
            limit: Self.mebibyte
        )
        #expect(
            try await daemon.request("PUT", "/files/rest", body: [UInt8](repeating: 1, count: 200 << 10)).status == 201
        )
        try await audit(daemon, holds: ["rest", "second"])
    }

    /// Many at once are counted to the byte in the end; until then some may count twice, for which there is room here.
    @Test func whatManySendAtOnceIsCountedRight() async throws {
        let daemon = try await start("quota: 1MiB")
        let content = [UInt8](repeating: 7, count: 9 << 10)
        try await withThrowingTaskGroup(of: [Int].self) { group in
            for number in 0..<10 {
                group.addTask {
                    let client = try await LoopbackClient.connect(to: daemon.address)
                    defer { client.close() }
                    var statuses: [Int] = []
                    for place in 0..<10 {
                        statuses.append(
                            try await client.request("PUT", "/files/\(number)-\(place)", body: content).status
                        )
                    }
                    return statuses
                }
            }
            for try await statuses in group {
                #expect(statuses == Array(repeating: 201, count: 10))
            }
        }
        let form = FormBody(files: [("large", [UInt8](repeating: 7, count: 125 << 10))])
        let headers = [("Content-Type", form.contentType)]
        let reply = try await daemon.request("POST", "/files", headers: headers, body: form.bytes)
        expect(reply, 507, "quota-exceeded", limit: Self.mebibyte)
        #expect(
            try await daemon.request("PUT", "/files/rest", body: [UInt8](repeating: 1, count: 124 << 10)).status == 201
        )
        #expect(daemon.directory.names(in: "bucket").count == 101)
        try await daemon.emptySpool()
    }

    /// Whatever the protocol: with `Expect: 100-continue` not a byte of the body is asked for.
    @Test func aFullBucketIsToldBeforeTheBody() async throws {
        let daemon = try await start("quota: 1MiB")
        #expect(
            try await daemon.request("PUT", "/files/full", body: [UInt8](repeating: 7, count: Self.mebibyte)).status
                == 201
        )
        let named = ("Content-Disposition", "attachment; filename=a")
        for (method, target, headers, length) in [
            ("PUT", "/files/a", [], 1), ("PUT", "/files/a", [], nil), ("POST", "/files", [named], 1),
            ("POST", "/files", [Self.form], 1000), ("POST", "/upload-file", [Self.form], 100 << 20),
            ("POST", "/upload-file", [Self.form], nil),
        ] as [(String, String, [(String, String)], Int?)] {
            let reply = try await reply(from: daemon, toExpecting: (method, target), headers, length: length)
            expect(reply, 507, "quota-exceeded", limit: Self.mebibyte, "\(method) \(target) \(length ?? -1)")
        }
        // What is wrong with the request itself is said first.
        let noBoundary = [("Content-Type", "multipart/form-data")]
        let malformed = try await reply(from: daemon, toExpecting: ("POST", "/files"), noBoundary, length: 1000)
        #expect(malformed.status == 400)
        let nameless = try await reply(from: daemon, toExpecting: ("POST", "/files"), length: 1000)
        #expect(nameless.status == 400)
        #expect(try await daemon.request("DELETE", "/files/full").status == 204)
        try await audit(daemon)
    }

    @Test func theFloorOfFreeSpaceHoldsForEveryProtocol() async throws {
        let floor = 8_000_000 << 40
        let daemon = try await start("minFreeSpace: 8000000TiB")
        for (method, target, headers) in [
            ("PUT", "/files/a", []), ("POST", "/files", [("Content-Disposition", "attachment; filename=a")]),
            ("POST", "/files", [Self.form]),
        ] as [(String, String, [(String, String)])] {
            for length in [1, nil] {
                let reply = try await reply(from: daemon, toExpecting: (method, target), headers, length: length)
                expect(reply, 507, "no-space", limit: floor, "\(method) \(target)")
            }
        }
        #expect(kill(daemon.processID, 0) == 0)
        #expect(daemon.directory.names(in: "bucket").isEmpty)
        try await daemon.emptySpool()
        #expect(!daemon.output.contains("request failed"))
    }

    /// Requests whose bodies were asked for, and which so are in flight; forms from their beginning.
    private func open(_ head: (method: String, target: String), _ daemon: DaemonProcess) async throws -> LoopbackClient
    {
        let client = try await LoopbackClient.connect(to: daemon.address)
        let headers = (head.method == "POST" ? [Self.form] : []) + [("Expect", "100-continue")]
        try await client.send(LoopbackClient.head(head.method, head.target, headers: headers, length: 1))
        #expect(try await client.readReply().status == 100)
        return client
    }

    @Test func uploadsInFlightAreLimited() async throws {
        let daemon = try await start("maxConcurrentUploads: 2")
        let put = try await open(("PUT", "/files/a"), daemon)
        let form = try await open(("POST", "/files"), daemon)
        for (method, target, headers) in [("PUT", "/files/b", []), ("POST", "/files", [Self.form])] {
            let reply = try await reply(from: daemon, toExpecting: (method, target), headers, length: 1)
            expect(reply, 503, "too-many-uploads", limit: 2, method)
        }
        try await put.send([1])
        #expect(try await put.readReply().status == 201)
        try await form.send([1])
        #expect(try await form.readReply().status == 400)
        try await audit(daemon, holds: ["a"])
    }

    @Test func uploadsOfOneAddressAreLimited() async throws {
        let daemon = try await start("maxUploadsPerAddress: 1")
        let form = try await open(("POST", "/files"), daemon)
        let reply = try await reply(from: daemon, toExpecting: ("PUT", "/files/b"), length: 1)
        expect(reply, 429, "too-many-uploads-from-address", limit: 1)
        try await form.send([1])
        #expect(try await form.readReply().status == 400)
        try await audit(daemon)
    }

    @Test func aUnixSocketHasNoAddressToLimit() async throws {
        let directory = try TemporaryDirectory()
        let daemon = try await start("maxUploadsPerAddress: 1", listen: "unix:\(directory.file("s"))")
        let first = try await open(("PUT", "/files/a"), daemon)
        let second = try await open(("PUT", "/files/b"), daemon)
        for client in [first, second] {
            try await client.send([1])
            #expect(try await client.readReply().status == 201)
        }
        try await audit(daemon, holds: ["a", "b"])
    }

    @Test func aNameThatCannotBeTakenIsRefusedBeforeTheBody() async throws {
        let daemon = try await start("")
        try daemon.directory.write([1], to: "bucket/foreign")
        try daemon.directory.makeDirectory("bucket/directory")
        for (name, rule) in [("foreign", "not-ours"), ("directory", "is-directory"), ("foreign/a/b", "name-taken")] {
            let expecting = try await reply(from: daemon, toExpecting: ("PUT", "/files/\(name)"), length: 10)
            #expect(expecting.status == 409, "\(name)")
            #expect(expecting.text.contains("\"/problems/\(rule)\""), "\(name): \(expecting.text)")
            let client = try await LoopbackClient.connect(to: daemon.address)
            defer { client.close() }
            try await client.send(LoopbackClient.head("PUT", "/files/\(name)", length: 2 << 20))
            #expect(try await client.readReply().status == 409, "\(name)")
        }
        #expect(try daemon.directory.read("bucket/foreign") == [1])
        try await audit(daemon, holds: ["directory", "foreign"])
    }

    /// The limit shows in the middle of the body, and the sender is still sending: it reads why all the same.
    @Test(
        .requires(.command("curl")),
        arguments: [
            ("maxUploadSize: 1MiB", 413, "too-large"), ("quota: 1MiB", 507, "quota-exceeded"),
        ]
    )
    func curlShowsWhyABodyWasRefusedHalfway(limit: String, status: Int, rule: String) async throws {
        let daemon = try await start(limit)
        let url = try #require(daemon.url)
        let large = [UInt8](repeating: 7, count: 6 << 20)
        try daemon.directory.write(large, to: "large")
        let file = "\(daemon.directory.file("large"))"
        let common = ["-c", "exec curl \"$@\" < \"$0\"", file, "-sS", "-w", "\n%{http_code}", "-H", "Expect:"]
        for arguments in [["-T", "-", "\(url)/files/a"], ["-F", "file=@\(file)", "\(url)/upload-file"]] {
            let outcome = try await CommandLineTool.run("sh", common + arguments)
            #expect(outcome.status == 0, "\(arguments): \(outcome.errorText)")
            #expect(outcome.outputText.contains("/problems/\(rule)"), "\(arguments): \(outcome.outputText)")
            #expect(outcome.outputText.hasSuffix("\n\(status)"), "\(arguments): \(outcome.outputText)")
        }
        try await audit(daemon)
    }
}

extension DaemonProcess {
    /// An aborted upload's bytes go when its task has ended, which may be after the client was answered.
    fileprivate func emptySpool() async throws {
        while !directory.names(in: "bucket.state/spool").isEmpty {
            try Task.checkCancellation()
            await Task.yield()
        }
    }
}
