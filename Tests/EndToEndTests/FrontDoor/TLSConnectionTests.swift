import Glibc
import IngestTesting
import SystemPackage
import Testing

/// Connections over TLS that are too many, come too late, or find no certificate.
@Suite(.timeLimit(.minutes(2))) struct TLSConnectionTests: TLSSuite {
    let directory: TemporaryDirectory
    let certificates: TestCertificates

    init() async throws {
        directory = try TemporaryDirectory()
        certificates = try await TestCertificates(in: directory)
        try await certificates.make("server")
    }

    private func port(of url: String) throws -> UInt16 {
        try #require(url.split(separator: ":").last.flatMap { UInt16($0) })
    }

    private func connections(to url: String, _ count: Int) async throws -> [LoopbackClient] {
        var clients: [LoopbackClient] = []
        for _ in 0..<count { clients.append(try await LoopbackClient.connect(to: .port(try port(of: url)))) }
        return clients
    }

    /// Its own further ones are refused, and with however many of them it keeps nobody else out.
    @Test func oneAddressTakesNoMoreThanItMay() async throws {
        let limits = "limits:\n  maxConnections: 8\n  maxConnectionsPerAddress: 2\n  headerTimeout: 0s"
        let (daemon, url) = try await start(settings(more: limits))
        defer { daemon.terminate() }
        let held = try await connections(to: url, 2)
        let refused = try await curl("-i", "\(url)/healthz")
        #expect(refused.outputText.hasPrefix("HTTP/1.1 429"), "\(refused.outputText) \(refused.errorText)")
        #expect(refused.outputText.contains("too-many-connections-from-address"))
        let more = try await connections(to: url, 40)
        let other = try await curl("--interface", "127.0.0.2", "-i", "\(url)/healthz")
        #expect(other.outputText.hasPrefix("HTTP/1.1 200"), "\(other.outputText) \(other.errorText)")
        for client in held + more { client.close() }
    }

    /// Newcomers are told of the stop, and do not put it off.
    @Test func aStopIsToldOverTLS() async throws {
        let (daemon, url) = try await start(settings())
        let slow = try await LoopbackClient.connect(to: daemon.address)
        defer { slow.close() }
        try await slow.send(LoopbackClient.head("PUT", "/files/slow", length: 10))
        try await slow.send([UInt8](repeating: 1, count: 5))
        try await daemon.waitForSpool(in: directory)
        daemon.terminate()
        _ = await daemon.process.firstLine { $0.contains("stopping") ? $0 : nil }
        while true {
            let outcome = try await curl("-i", "\(url)/healthz")
            guard outcome.outputText.hasPrefix("HTTP/1.1 200") else {
                #expect(outcome.outputText.hasPrefix("HTTP/1.1 503"), "\(outcome.outputText) \(outcome.errorText)")
                #expect(outcome.outputText.contains("shutting-down"))
                break
            }
        }
        let silent = try await connections(to: url, 3)
        try await slow.send([UInt8](repeating: 1, count: 5))
        #expect(try await slow.readReply().status == 201)
        #expect(await daemon.waitForExit() == 0)
        for client in silent { client.close() }
    }

    /// A peer that sends no more, without a word of TLS that it does, has the answer to what was whole, and leaves nothing of
    /// what was not.
    @Test(arguments: ["TLSv1_2", "TLSv1_3"])
    func aPeerThatOnlyStopsSendingHasItsAnswer(version: String) async throws {
        let (daemon, url) = try await start(settings())
        defer { daemon.terminate() }
        let script = """
            import os, socket, ssl
            for sent, size in [(5, 5), (200000, 200000), (7, 100)]:
                context = ssl.create_default_context(cafile="\(certificates.path("ca.pem"))")
                context.minimum_version = context.maximum_version = ssl.TLSVersion.\(version)
                stream = socket.create_connection(("127.0.0.1", \(try port(of: url))), timeout=60)
                client = context.wrap_socket(stream, server_hostname="localhost", suppress_ragged_eofs=True)
                head = f"PUT /files/{size} HTTP/1.1\\r\\nHost: localhost\\r\\nContent-Length: {size}\\r\\n\\r\\n"
                client.sendall(head.encode() + b"x" * sent)
                socket.socket(fileno=os.dup(client.fileno())).shutdown(socket.SHUT_WR)
                answer = b""
                while part := client.recv(65536):
                    answer += part
                print(size, answer[:12].decode() or "nothing")
            """
        let outcome = try await CommandLineTool.run("python3", ["-c", script])
        #expect(
            outcome.outputText == "5 HTTP/1.1 201\n200000 HTTP/1.1 201\n100 nothing\n",
            "\(outcome.outputText) \(outcome.errorText)"
        )
        #expect(directory.names(in: "bucket") == ["200000", "5"])
        while !directory.names(in: "bucket.state/spool").isEmpty { try Task.checkCancellation() }
    }

    /// Sockets for TLS that systemd holds are not in the settings: to drop the certificate waits for the next start all the
    /// same.
    @Test func aReloadKeepsTheCertificateOfSystemdsSockets() async throws {
        let program = try Executables.path(of: "bucketd").string
        let script = """
            #!/usr/bin/env python3
            import os, socket, sys
            listener = socket.socket()
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            if listener.fileno() == 3:
                os.set_inheritable(3, True)
            else:
                os.dup2(listener.fileno(), 3)
            os.environ.update(LISTEN_FDS="1", LISTEN_FDNAMES="tls", LISTEN_PID=str(os.getpid()))
            os.execv("\(program)", ["\(program)"] + sys.argv[1:])

            """
        try directory.write(script.utf8, to: "socket-unit")
        chmod(directory.file("socket-unit").string, 0o755)
        var options = DaemonProcess.Options(settings: settings())
        options.executable = directory.file("socket-unit")
        options.listen = "systemd"
        let daemon = try await DaemonProcess.start(in: directory, options: options)
        defer { daemon.terminate() }
        guard case .port(let port) = daemon.address else { preconditionFailure("a TCP socket") }
        #expect(try await curl("https://127.0.0.1:\(port)/healthz").status == 0)
        try directory.write("thumbnails: {sizes: []}\n".utf8, to: "bucketd.yaml")
        daemon.process.signal(SIGHUP)
        let waits = await daemon.process.firstLine { line in
            ["settings reloaded", "settings not reloaded", "setting=tls.certificate"].contains(where: line.contains)
                ? line : nil
        }
        #expect(waits?.contains("takes effect at the next start") == true, "\(daemon.output)")
        let still = try await curl("https://127.0.0.1:\(port)/healthz")
        #expect(still.status == 0, "\(still.errorText)")
    }
}
