import Glibc
import IngestTesting
import SystemPackage
import Testing
import Threading

/// SIGHUP takes new settings over, while requests are served as if nothing had been.
@Suite(.timeLimit(.minutes(2))) struct ReloadTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func start(_ settings: String) async throws -> DaemonProcess {
        try await DaemonProcess.start(in: directory, options: .init(settings: settings))
    }

    /// Returns once the daemon has said so in the `count`-th such line, counted from 1.
    private func reload(_ daemon: DaemonProcess, _ settings: String, _ end: String, count: Int = 1) async throws {
        try directory.write(settings.utf8, to: "bucketd.yaml")
        daemon.process.signal(SIGHUP)
        let seen = Locked(0)
        _ = await daemon.process.firstLine { line in
            let isIt =
                line.contains(end)
                && seen.withLock { seen in
                    seen += 1
                    return seen == count
                }
            return isIt ? line : nil
        }
    }

    private func put(_ name: String, size: Int, to daemon: DaemonProcess) async throws -> Int {
        try await daemon.request("PUT", "/files/\(name)", body: [UInt8](repeating: 1, count: size)).status
    }

    @Test func aNewLimitHoldsForTheNextUploadAndNoOther() async throws {
        let daemon = try await start("limits: {maxUploadSize: 1MiB}\nthumbnails: {sizes: []}\n")
        let slow = try await LoopbackClient.connect(to: daemon.address)
        defer { slow.close() }
        let content = Content(seed: 3, size: 600_000).bytes
        try await slow.send(LoopbackClient.head("PUT", "/files/slow", length: content.count))
        try await slow.send(Array(content[..<200_000]))
        try await daemon.waitForSpool(in: directory)
        let statuses = try await withThrowingTaskGroup(of: [Int].self) { group in
            let isStopping = Locked(false)
            for client in 0..<4 {
                group.addTask {
                    var statuses: [Int] = []
                    while !isStopping.withLock({ $0 }) || statuses.count < 20 {
                        statuses.append(try await put("load-\(client)-\(statuses.count)", size: 100, to: daemon))
                    }
                    return statuses
                }
            }
            for count in 1...5 {
                let limit = count % 2 == 1 ? "1KiB" : "1MiB"
                let settings = "limits: {maxUploadSize: \(limit)}\nthumbnails: {sizes: []}\n"
                try await reload(daemon, settings, "settings reloaded", count: count)
                #expect(try await put("next-\(count)", size: 2048, to: daemon) == (count % 2 == 1 ? 413 : 201))
            }
            isStopping.withLock { $0 = true }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(statuses.count >= 80 && statuses.allSatisfy { $0 == 201 }, "\(Set(statuses))")
        try await slow.send(Array(content[200_000...]))
        #expect(try await slow.readReply().status == 201)
        #expect(try directory.read("bucket/slow") == content)
        #expect(daemon.output.contains("settings.changed=limits.maxUploadSize"))
        #expect(try await daemon.metric("bucketd_settings_reloads_total{outcome=\"applied\"}") == 5)
    }

    @Test func aBadFileKeepsTheOldSettingsAndIsToldOf() async throws {
        let daemon = try await start("limits: {maxUploadSize: 1KiB}\n")
        try await reload(
            daemon,
            "limits: {maxUploadSize: 1MiB}\nbukket: x\ncollision: explode\n",
            "settings not reloaded"
        )
        #expect(try await put("large", size: 2048, to: daemon) == 413)
        let file = directory.file("bucketd.yaml")
        let problems = daemon.output.split(separator: "\n").filter { $0.contains("a setting is wrong") }
        #expect(problems.count == 2)
        let first = "problem=\"There is no such key; did you mean bucket?\" setting=bukket setting.origin=\(file):2"
        #expect(problems.first?.hasSuffix(first) == true, "\(problems)")
        #expect(problems.last?.hasSuffix("setting=collision setting.origin=\(file):3") == true, "\(problems)")
        #expect(try await daemon.metric("bucketd_settings_reload_successful") == 0)
        #expect(try await daemon.metric("bucketd_settings_reloads_total{outcome=\"refused\"}") == 1)
        try await reload(daemon, "limits: {maxUploadSize: 1MiB}\n", "settings reloaded")
        #expect(try await put("large", size: 2048, to: daemon) == 201)
        #expect(try await daemon.metric("bucketd_settings_reload_successful") == 1)
    }

    /// As systemd has it done: the command ends when the new settings hold, and says why they do not.
    @Test func aReloadByCommandIsOverWhenItEnds() async throws {
        var options = DaemonProcess.Options(settings: "limits: {maxUploadSize: 1MiB}\n")
        try directory.makeDirectory("run")
        let runtime = ["RUNTIME_DIRECTORY": directory.file("run").string]
        options.environment = runtime.mapValues(Optional.some)
        let daemon = try await DaemonProcess.start(in: directory, options: options)
        let program = try Executables.path(of: "bucketd").string
        func reload(_ settings: String) async throws -> CommandLineTool.Outcome {
            try directory.write(settings.utf8, to: "bucketd.yaml")
            return try await CommandLineTool.run(program, ["reload", "\(daemon.processID)"], environment: runtime)
        }
        for count in 1...10 {
            let limit = count % 2 == 1 ? "1KiB" : "1MiB"
            let outcome = try await reload("limits: {maxUploadSize: \(limit)}\n")
            #expect(outcome.status == 0 && outcome.errorText.isEmpty, "\(outcome.errorText)")
            #expect(try await put("next-\(count)", size: 2048, to: daemon) == (count % 2 == 1 ? 413 : 201))
        }
        let refused = try await reload("limits: {maxUploadSize: 1KiB}\nbukket: x\ncollision: explode\n")
        #expect(refused.status == 1)
        let lines = refused.errorText.split(separator: "\n")
        #expect(lines.count == 3, "\(refused.errorText)")
        let file = directory.file("bucketd.yaml")
        #expect(lines.first == "bucketd: \(file):2: bukket: There is no such key; did you mean bucket?")
        #expect(lines.last == "bucketd: settings not reloaded, the old ones stay")
        #expect(try await put("last", size: 2048, to: daemon) == 201)
        #expect(directory.names(in: "run").isEmpty)
        daemon.terminate()
        #expect(await daemon.waitForExit() == 0)
        let late = try await reload("")
        #expect(late.status == 1 && late.errorText.contains("cannot be asked"), "\(late.errorText)")
    }

    /// `systemctl status` shows it, however the reload was asked for.
    @Test func theServiceManagerIsToldOfARefusal() async throws {
        let manager = try DatagramReceiver(abstract: true)
        var options = DaemonProcess.Options(settings: "limits: {maxUploadSize: 1KiB}\n")
        options.environment["NOTIFY_SOCKET"] = manager.address
        let daemon = try await DaemonProcess.start(in: directory, options: options)
        let serving = "READY=1\nSTATUS=Serving \(daemon.bucket)"
        #expect(try await nextReady(manager) == serving)
        try await reload(daemon, "limits: {maxUploadSize: x}\ncollision: explode\n", "settings not reloaded")
        let reason = "limits.maxUploadSize: “x” is not a size such as 10GiB. (and 1 more)"
        let place = "\(directory.file("bucketd.yaml")):1"
        #expect(try await nextReady(manager) == "\(serving); new settings refused: \(place): \(reason)")
        try await reload(daemon, "limits: {maxUploadSize: 1MiB}\n", "settings reloaded")
        #expect(try await nextReady(manager) == serving)
    }

    private func nextReady(_ manager: DatagramReceiver) async throws -> String {
        while true {
            do {
                let message = try manager.next()
                if message.hasPrefix("READY=1") { return message }
            } catch is DatagramReceiver.Empty {
                try Task.checkCancellation()
                await Task.yield()
            }
        }
    }

    @Test func whatCannotChangeIsNamedAndTheRestIsTakenOver() async throws {
        let daemon = try await start("limits: {maxUploadSize: 1KiB}\n")
        let settings = """
            limits: {maxUploadSize: 1MiB, bufferMemory: 2MiB}
            jobs: {workers: 4}
            thumbnails: {sizes: [64]}
            collision: reject

            """
        try await reload(daemon, settings, "settings reloaded")
        let lines = daemon.output.split(separator: "\n")
        let waiting = lines.filter { $0.contains("takes effect at the next start") }
        // Four workers are the default.
        #expect(waiting.count == 2, "\(waiting)")
        #expect(waiting.contains { $0.hasSuffix("setting=limits.bufferMemory") })
        #expect(waiting.contains { $0.hasSuffix("setting=thumbnails.sizes") })
        let told = lines.last { $0.contains("settings reloaded") }
        #expect(told?.hasSuffix("settings.changed=\"collision, limits.maxUploadSize\"") == true, "\(told ?? "")")
        #expect(try await put("large", size: 2048, to: daemon) == 201)
    }

    @Test func everyPartTakesItsSettingsOver() async throws {
        let daemon = try await start("thumbnails: {sizes: []}\n")
        #expect(try await upload("a", to: daemon).status == 201)
        let settings = """
            thumbnails: {sizes: []}
            collision: reject
            publicURL: https://files.example.org/x
            hosts: [files.example.org]
            origins: ["https://app.example.org"]
            trustedProxies: [127.0.0.1]
            limits: {maxUploadsPerAddress: 1, maxUnfinishedUploads: 1}
            uploads: {expireAfter: 2m}

            """
        try await reload(daemon, settings, "settings reloaded")
        #expect(try await upload("a", to: daemon).status == 409)
        let named = try await daemon.request(
            "GET",
            "/files",
            headers: [("Host", "files.example.org"), ("Origin", "https://app.example.org")]
        )
        #expect(named.status == 200)
        #expect(named["Access-Control-Allow-Origin"] == "https://app.example.org")
        let creation = [("Tus-Resumable", "1.0.0"), ("Upload-Length", "5")]
        let first = try await daemon.request("POST", "/files", headers: creation)
        #expect(first["Location"]?.hasPrefix("https://files.example.org/x/uploads/") == true)
        #expect(try await daemon.request("POST", "/files", headers: creation).status == 503)
        let forwarded = [("X-Forwarded-For", "192.0.2.7"), ("X-Forwarded-Host", "elsewhere.example.org")]
        #expect(try await daemon.request("GET", "/files", headers: forwarded).status == 421)
    }

    private func upload(_ name: String, to daemon: DaemonProcess) async throws -> Reply {
        let form = FormBody(files: [(name, [1])])
        return try await daemon.request(
            "POST",
            "/files",
            headers: [("Content-Type", form.contentType)],
            body: form.bytes
        )
    }

    @Test func theLevelOfTheLogChanges() async throws {
        var options = DaemonProcess.Options(settings: "logLevel: notice\n")
        options.logLevel = nil
        let daemon = try await DaemonProcess.start(in: directory, options: options)
        #expect(try await put("quiet", size: 1, to: daemon) == 201)
        try await reload(daemon, "logLevel: debug\n", "settings reloaded")
        #expect(try await put("loud", size: 1, to: daemon) == 201)
        _ = await daemon.process.firstLine { $0.contains("request ended") && $0.contains("/files/loud") ? $0 : nil }
        #expect(!daemon.output.contains("/files/quiet"))
    }

    /// Requests that wait keep the time that they began with, others get the new.
    @Test func timesChangeForRequestsToCome() async throws {
        let daemon = try await start("limits: {maxUploadTime: 1h}\n")
        let slow = try await LoopbackClient.connect(to: daemon.address)
        defer { slow.close() }
        try await slow.send(LoopbackClient.head("PUT", "/files/slow", length: 4))
        try await slow.send([1, 2])
        try await reload(daemon, "limits: {maxUploadTime: 200ms}\n", "settings reloaded")
        let late = try await LoopbackClient.connect(to: daemon.address)
        defer { late.close() }
        try await late.send(LoopbackClient.head("PUT", "/files/late", length: 4))
        try await late.send([1, 2])
        #expect(try await late.readReply().status == 408)
        try await slow.send([3, 4])
        #expect(try await slow.readReply().status == 201)
    }
}
