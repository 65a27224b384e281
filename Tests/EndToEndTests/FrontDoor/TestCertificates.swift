import IngestTesting
import SystemPackage
import Testing

/// Certificates of an authority of a test's own, made with openssl(1) in the test's directory.
struct TestCertificates {
    let directory: TemporaryDirectory

    /// Makes the authority: `ca.pem` and `ca.key`.
    init(in directory: TemporaryDirectory) async throws {
        self.directory = directory
        try await openssl(
            ["req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=authority", "-keyout", path("ca.key")]
                + Self.newKey + ["-out", path("ca.pem")]
        )
    }

    private static let newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]

    func path(_ name: String) -> String { directory.file(name).string }

    /// Makes `<name>.pem` and `<name>.key`, for this machine, also under the names of `hosts`.
    func make(_ name: String, for hosts: [String] = [], days: Int = 2) async throws {
        let names = (["localhost"] + hosts).map { "DNS:\($0)," }.joined()
        try directory.write("subjectAltName=\(names)IP:127.0.0.1\n".utf8, to: "\(name).ext")
        try await openssl(
            ["req", "-nodes", "-subj", "/CN=\(name)", "-keyout", path("\(name).key"), "-out", path("\(name).csr")]
                + Self.newKey
        )
        try await openssl([
            "x509", "-req", "-days", "\(days)", "-in", path("\(name).csr"), "-CA", path("ca.pem"), "-CAkey",
            path("ca.key"),
            "-CAcreateserial", "-extfile", path("\(name).ext"), "-out", path("\(name).pem"),
        ])
    }

    private func openssl(_ arguments: [String]) async throws {
        let outcome = try await CommandLineTool.run("openssl", arguments)
        try #require(outcome.status == 0, "\(outcome.errorText)")
    }
}
