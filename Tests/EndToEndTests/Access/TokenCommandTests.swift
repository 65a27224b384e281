import Glibc
import IngestTesting
import SystemPackage
import Testing

/// `bucketctl token`, as an operator runs it.
@Suite(.timeLimit(.minutes(1))) struct TokenCommandTests {
    @Test func tokensAreMadeListedAndRevoked() async throws {
        let directory = try TemporaryDirectory()
        let secret = try await directory.newToken("ann", "--scope", "upload", "--prefix", "in/a", "--quota", "10GiB")
        _ = try await directory.newToken("ops", "--scope", "admin", "--scope", "read", "--expires", "90d")
        var status = stat()
        try #require(stat(directory.file("tokens").string, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
        let text = String(decoding: try directory.read("tokens"), as: UTF8.self)
        #expect(!text.contains(secret) && !text.contains(secret.dropFirst("secret-token:".count)))

        let lines = try await directory.token("list", []).outputText.split(separator: "\n").map {
            $0.split(separator: "\t")
        }
        try #require(lines.count == 2 && lines.allSatisfy { $0.count == 5 })
        #expect(lines[0].map(String.init) == ["ann", "upload", "in/a", "-", "10737418240"])
        #expect(lines[1][1] == "read,admin" && lines[1][3].hasSuffix("Z"))

        #expect(try await directory.token("revoke", ["ann"]).status == 0)
        let left = try await directory.token("list", []).outputText
        #expect(left.hasPrefix("ops\t") && left.split(separator: "\n").count == 1)
        let again = try await directory.token("revoke", ["ann"])
        #expect(again.status != 0 && again.errorText.contains("no token ann"))
    }

    @Test(arguments: [
        (["--scope", "write"], "no scope"), ([], "--scope"),
        (["--scope", "admin", "--prefix", "a"], "cannot have a prefix"),
        (["--scope", "read", "--prefix", "../a"], "name"), (["--scope", "read", "--expires", "soon"], "such as 90d"),
        (["--scope", "read", "--quota", "0"], "such as 10GiB"), (["--scope", "read", "--id", "a b"], "An id is"),
    ])
    func whatCannotBeIsRefused(arguments: [String], reason: String) async throws {
        let directory = try TemporaryDirectory()
        let outcome = try await directory.token("new", arguments)
        #expect(outcome.status != 0)
        #expect(outcome.outputText.isEmpty)
        #expect(outcome.errorText.contains(reason), "\(outcome.errorText)")
        #expect(directory.names().isEmpty)
    }
}
