import IngestTesting
import SystemPackage
import Testing

/// What tests of TLS share: a daemon that speaks it, and its clients.
protocol TLSSuite {
    var directory: TemporaryDirectory { get }
    /// In the same directory, with one called `server`.
    var certificates: TestCertificates { get }
}

extension TLSSuite {
    func settings(_ name: String = "server", clientCA: Bool = false, more: String = "") -> String {
        """
        tls:
          certificate: \(certificates.path("\(name).pem"))
          key: \(certificates.path("\(name).key"))
        \(clientCA ? "  clientCA: \(certificates.path("ca.pem"))\n" : "")\(more)
        """
    }

    func start(_ settings: String) async throws -> (DaemonProcess, url: String) {
        let options = DaemonProcess.Options(arguments: ["--listen", "tls:127.0.0.1:0"], settings: settings)
        let daemon = try await DaemonProcess.start(in: directory, options: options)
        let address = await daemon.process.firstLine { line in
            line.firstRange(of: "address=tls:").map { String(line[$0.upperBound...]) }
        }
        return (daemon, "https://\(try #require(address))")
    }

    func curl(_ arguments: String...) async throws -> CommandLineTool.Outcome {
        let common = ["-sS", "--max-time", "60", "--cacert", certificates.path("ca.pem")]
        return try await CommandLineTool.run("curl", common + arguments)
    }

    /// What a server says to `script`'s output until it ends the connection, and what openssl says of the session.
    func openssl(_ script: String, to url: String, _ arguments: String...) async throws -> String {
        let address = url.dropFirst("https://".count)
        let authority = certificates.path("ca.pem")
        let client = "timeout 60 openssl s_client -ign_eof -connect \(address) -CAfile '\(authority)' "
        let line = "{ \(script); } | \(client)" + arguments.joined(separator: " ")
        return try await CommandLineTool.run("sh", ["-c", line]).outputText
    }

    static var get: String { #"printf 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n'"# }
    /// A request after which the server ends the connection.
    static var last: String { #"printf 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'"# }
}
