import Glibc
import IngestTesting
import SystemPackage
import Testing

/// TLS beside connections in the clear, with curl(1) and openssl(1).
@Suite(.timeLimit(.minutes(2))) struct TLSTests: TLSSuite {
    let directory: TemporaryDirectory
    let certificates: TestCertificates

    init() async throws {
        directory = try TemporaryDirectory()
        certificates = try await TestCertificates(in: directory)
        try await certificates.make("server")
    }

    @Test func formsAndFilesGoUpAndComeBack() async throws {
        let (daemon, url) = try await start(settings())
        defer { daemon.terminate() }
        let content = Content(seed: 1, size: 5_000_000).bytes
        try directory.write(content, to: "film.bin")
        let file = directory.file("film.bin").string
        let form = try await curl("-F", "file=@\(file)", "\(url)/upload-file", "-w", "%{http_code}", "-o", "/dev/null")
        #expect(form.outputText == "200", "\(form.errorText)")
        #expect(try directory.read("bucket/film.bin") == content)
        let put = try await curl("-T", file, "\(url)/files/put.bin", "-w", "%{http_code}", "-o", "/dev/null")
        #expect(put.outputText == "201", "\(put.errorText)")
        #expect(try await curl("\(url)/files/put.bin").output == content)
        // In small pieces, none of which fills a record.
        try directory.write(content[..<60_000], to: "slow.bin")
        let slow = directory.file("slow.bin").string
        let trickle = try await curl("--limit-rate", "40k", "-T", slow, "\(url)/files/slow.bin", "-o", "/dev/null")
        #expect(trickle.status == 0, "\(trickle.errorText)")
        #expect(try directory.read("bucket/slow.bin") == Array(content[..<60_000]))
        // And in the clear beside it.
        let clear = try #require(daemon.url)
        #expect(try await curl("\(clear)/files/put.bin").output == content)
    }

    @Test func resumableUploadsAreToldOfByTheirHTTPSAddress() async throws {
        let (daemon, url) = try await start(settings())
        defer { daemon.terminate() }
        try directory.write(Content(seed: 2, size: 3_000_000).bytes, to: "large.bin")
        let outcome = try await curl(
            "-i",
            "--data-binary",
            "@\(directory.file("large.bin"))",
            "-H",
            "Upload-Complete: ?1",
            "-H",
            "Upload-Draft-Interop-Version: 8",
            "-H",
            "Content-Type: application/octet-stream",
            "-H",
            "Content-Disposition: attachment; filename=large.bin",
            "\(url)/files"
        )
        let text = outcome.outputText
        let early = try #require(text.firstRange(of: "HTTP/1.1 104"), "\(text)")
        let answer = try #require(text.firstRange(of: "HTTP/1.1 201"), "\(text)")
        #expect(early.lowerBound < answer.lowerBound)
        #expect(text.contains("Location: \(url)/uploads/"), "\(text)")
        let created = try await curl(
            "-i",
            "-X",
            "POST",
            "-H",
            "Tus-Resumable: 1.0.0",
            "-H",
            "Upload-Length: 5",
            "\(url)/files"
        )
        #expect(created.outputText.contains("Location: \(url)/uploads/"), "\(created.outputText)")
    }

    @Test func oldVersionsAndClearTextAreRefused() async throws {
        let (daemon, url) = try await start(settings())
        defer { daemon.terminate() }
        for version in ["--tlsv1.2", "--tlsv1.3"] {
            #expect(try await curl(version, "--tls-max", String(version.suffix(3)), "\(url)/healthz").status == 0)
        }
        let old = try await curl("--tlsv1.1", "--tls-max", "1.1", "--ciphers", "ALL@SECLEVEL=0", "\(url)/healthz")
        #expect(old.status == 35, "\(old.errorText)")
        let clear = try await curl("http" + url.dropFirst("https".count) + "/healthz")
        #expect(clear.status != 0)
        #expect(try await curl("\(url)/healthz").status == 0)
    }

    @Test func aSessionGoesOnWithItsTicket() async throws {
        let (daemon, url) = try await start(settings())
        defer { daemon.terminate() }
        let session = certificates.path("session.pem")
        let first = try await openssl(Self.last, to: url, "-sess_out", "'\(session)'")
        #expect(first.contains("New, TLSv1.3") && first.contains("HTTP/1.1 200"), "\(first)")
        let second = try await openssl(Self.last, to: url, "-sess_in", "'\(session)'")
        #expect(second.contains("Reused, TLSv1.3") && second.contains("HTTP/1.1 200"), "\(second)")
    }

    /// The kernel counts bytes of TLS as those of a request.
    @Test func anIdleConnectionIsNotTakenForAnUnfinishedRequest() async throws {
        let (daemon, url) = try await start(settings(more: "limits:\n  headerTimeout: 2s\n  idleTimeout: 60s"))
        defer { daemon.terminate() }
        let text = try await openssl("\(Self.get); sleep 3; \(Self.last)", to: url, "-quiet")
        #expect(text.ranges(of: "HTTP/1.1 200").count == 2, "\(text)")
        // One that is unfinished is ended, though its client would wait.
        let pipe = directory.file("unfinished").string
        let address = url.dropFirst("https://".count)
        let line = """
            mkfifo '\(pipe)'
            timeout 60 openssl s_client -quiet -connect \(address) < '\(pipe)' 2>&1 &
            exec 3> '\(pipe)'
            printf 'GET / HTTP/1.1\\r\\n' >&3
            wait $!
            echo "ended $?"
            """
        let unfinished = try await CommandLineTool.run("sh", ["-c", line]).outputText
        #expect(unfinished.contains("ended ") && !unfinished.contains("ended 124"), "\(unfinished)")
        #expect(!unfinished.contains("HTTP/1.1 200"))
    }

    @Test func whoSendsTooMuchSeesWhy() async throws {
        let (daemon, url) = try await start(settings(more: "limits:\n  maxUploadSize: 1MiB"))
        defer { daemon.terminate() }
        try directory.write([UInt8](repeating: 7, count: 8 << 20), to: "large")
        let line =
            "exec curl -sS --max-time 60 --cacert '\(certificates.path("ca.pem"))' -w '\\n%{http_code}' -H Expect: "
            + "-H 'Transfer-Encoding: chunked' -T - '\(url)/files/large' < '\(directory.file("large"))'"
        let outcome = try await CommandLineTool.run("sh", ["-c", line])
        #expect(
            outcome.outputText.hasSuffix("413") && outcome.outputText.contains("\"limit\":1048576"),
            "\(outcome.outputText)"
        )
        #expect(directory.names(in: "bucket").isEmpty)
    }

    @Test func beyondTheLimitOfConnectionsTheAnswerIsAnHonest503() async throws {
        let (daemon, url) = try await start(settings(more: "limits:\n  maxConnections: 1"))
        defer { daemon.terminate() }
        let held = try await LoopbackClient.connect(to: daemon.address)
        try await held.send(LoopbackClient.head("GET", "/healthz", length: 0))
        #expect(try await held.readReply().status == 200)
        let refused = try await curl("-i", "\(url)/healthz")
        #expect(refused.outputText.hasPrefix("HTTP/1.1 503"), "\(refused.outputText) \(refused.errorText)")
        #expect(refused.outputText.contains("Retry-After"))
        held.close()
    }

    @Test func clientsMustShowACertificateWhereTheirAuthoritiesAreNamed() async throws {
        try await certificates.make("phone")
        let (daemon, url) = try await start(settings(clientCA: true))
        defer { daemon.terminate() }
        #expect(try await curl("\(url)/healthz").status != 0)
        func show(_ name: String) async throws -> Int {
            let (certificate, key) = (certificates.path("\(name).pem"), certificates.path("\(name).key"))
            return try await curl("--cert", certificate, "--key", key, "\(url)/healthz").status
        }
        #expect(try await show("phone") == 0)
        // Another authority of the same name.
        let strange = try await TestCertificates(in: try TemporaryDirectory())
        try await strange.make("stranger")
        let stranger = try await curl(
            "--cert",
            strange.path("stranger.pem"),
            "--key",
            strange.path("stranger.key"),
            "\(url)/healthz"
        )
        #expect(stranger.status != 0)
    }

    @Test func aReloadShowsAnotherCertificateAndKeepsTheOldOneWhereTheNewIsBad() async throws {
        try await certificates.make("next", days: 20)
        let (daemon, url) = try await start(settings())
        defer { daemon.terminate() }
        func subject() async throws -> String {
            try await openssl(Self.last, to: url)
        }
        #expect(try await subject().contains("CN = server"))
        let expiry = "bucketd_tls_certificate_expiry_timestamp_seconds"
        let first = try #require(try await daemon.metric(expiry))
        #expect((86_400..<3 * 86_400).contains(first - time(nil)))
        try directory.write(settings("next").utf8, to: "bucketd.yaml")
        daemon.process.signal(SIGHUP)
        _ = await daemon.process.firstLine { $0.contains("settings reloaded") ? $0 : nil }
        #expect(try await subject().contains("CN = next"))
        let second = try #require(try await daemon.metric(expiry))
        #expect((17 * 86_400...18 * 86_400 + 600).contains(second - first))
        // The same settings, but a key that is another's.
        try directory.write(try directory.read("ca.key"), to: "next.key")
        daemon.process.signal(SIGHUP)
        _ = await daemon.process.firstLine { $0.contains("settings not reloaded") ? $0 : nil }
        #expect(try await subject().contains("CN = next"))
        #expect(try await daemon.metric(expiry) == second)
        #expect(daemon.output.contains("setting=tls.certificate"), "\(daemon.output)")
    }

    @Test func aDaemonWhoseCertificateIsOfNoUseDoesNotStart() async throws {
        for (name, mode, reason) in [
            ("missing", 0o600, "cannot be read"), ("ca", 0o604, "is open to everybody"), ("other", 0o600, "of no use"),
        ] as [(String, UInt32, String)] {
            if name == "other" { try directory.write("-----BEGIN\n".utf8, to: "other.key") }
            if name != "missing" { chmod(certificates.path("\(name).key"), mode) }
            let text =
                "tls:\n  certificate: \(certificates.path("server.pem"))\n  key: \(certificates.path("\(name).key"))"
            let options = DaemonProcess.Options(arguments: ["--listen", "tls:127.0.0.1:0"], settings: text)
            let process = try await DaemonProcess.launch(in: directory, options: options)
            #expect(await process.waitForExit() == 2)
            #expect(process.output.contains("tls.certificate") && process.output.contains(reason), "\(process.output)")
        }
    }
}
