import Glibc
import IngestTesting
import SystemPackage
import Testing

/// nginx in front of a daemon, with the README's server block.
final class Nginx: Sendable {
    static let name = "files.example.org"

    /// Where the daemon has its Unix socket.
    let daemon: DaemonProcess
    /// Ports of 127.0.0.1: without TLS, and with it.
    let ports: (clear: UInt16, secure: UInt16)
    private let process: ChildProcess

    private init(_ daemon: DaemonProcess, _ process: ChildProcess, _ ports: (clear: UInt16, secure: UInt16)) {
        self.daemon = daemon
        self.process = process
        self.ports = ports
    }

    deinit {
        process.kill()
    }

    /// Starts both; `settings` go beside those that the README names.
    static func start(in directory: TemporaryDirectory, settings: String = "") async throws -> Nginx {
        var options = DaemonProcess.Options(
            settings: """
                hosts: [\(name)]
                trustedProxies: [unix]
                uploads: {interimResponses: false}
                thumbnails: {sizes: []}
                \(settings)

                """
        )
        let socket = directory.file("socket")
        options.listen = "unix:\(socket)"
        let daemon = try await DaemonProcess.start(in: directory, options: options)
        let certificates = try await TestCertificates(in: directory)
        try await certificates.make("proxy", for: [name])
        let ports = (clear: try freePort(), secure: try freePort())
        let server = try serverBlock([
            ("listen 443 ssl;", "listen 127.0.0.1:\(ports.secure) ssl; listen 127.0.0.1:\(ports.clear);"),
            (
                "# ssl_certificate and ssl_certificate_key",
                "ssl_certificate \(certificates.path("proxy.pem")); ssl_certificate_key \(certificates.path("proxy.key"));"
            ),
            ("unix:/run/bucketd.sock", "unix:\(socket)"),
        ])
        try directory.write(configuration(server, in: directory).utf8, to: "nginx.conf")
        let process = try await ChildProcess.start(
            try #require(program),
            ["-e", "stderr", "-p", directory.path.string, "-c", directory.file("nginx.conf").string]
        )
        // What it says once it listens.
        try #require(await process.line(containing: "RLIMIT_NOFILE") != nil, "\(process.output)")
        return Nginx(daemon, process, ports)
    }

    private static func serverBlock(_ changes: [(from: String, to: String)]) throws -> String {
        var block = try #require(try Readme().blocks("nginx").first).text
        for change in changes {
            try #require(block.contains(change.from), "the README has no “\(change.from)”")
            block = block.replacing(change.from, with: change.to)
        }
        return block
    }

    /// What a distribution's nginx.conf has around it, with all files in the directory.
    private static func configuration(_ server: String, in directory: TemporaryDirectory) -> String {
        let folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map {
            "\($0)_temp_path \(directory.file("nginx-\($0)"));"
        }
        return """
            daemon off;
            master_process off;
            \(geteuid() == 0 ? "user root;" : "")
            pid \(directory.file("nginx.pid"));
            error_log stderr notice;
            events {}
            http {
            access_log off;
            \(folders.joined(separator: "\n"))
            \(server)
            }

            """
    }

    /// Taken by nobody a moment ago.
    private static func freePort() throws -> UInt16 {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(listener) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let length = size
        let isBound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && getsockname(listener, $0, &size) == 0
            }
        }
        try #require(isBound)
        return UInt16(bigEndian: address.sin_port)
    }

    /// Installed, or unpacked by scripts/test.
    static var program: FilePath? {
        let places = [FilePath("/usr/sbin/nginx"), Repository.file(".build-peers/nginx/usr/sbin/nginx")]
        return places.first { access($0.string, X_OK) == 0 }
    }
}

extension Requirement {
    static let nginx = Requirement("nginx (scripts/test unpacks it)") { Nginx.program != nil }
}
