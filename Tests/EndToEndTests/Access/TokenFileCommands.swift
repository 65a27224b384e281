import IngestTesting
import SystemPackage
import Testing

extension TemporaryDirectory {
    /// `bucketctl token` on the file `tokens`.
    func token(_ command: String, _ arguments: [String]) async throws -> CommandLineTool.Outcome {
        let program = try Executables.path(of: "bucketctl").string
        return try await CommandLineTool.run(program, ["token", command, "--file", file("tokens").string] + arguments)
    }

    /// The secret of a new token.
    func newToken(_ id: String, _ arguments: String...) async throws -> String {
        let outcome = try await token("new", ["--id", id] + arguments)
        try #require(outcome.status == 0, "\(outcome.errorText)")
        #expect(outcome.errorText.isEmpty)
        let secret = try #require(outcome.outputText.split(separator: "\n", omittingEmptySubsequences: false).first)
        #expect(outcome.outputText == "\(secret)\n" && secret.hasPrefix("secret-token:"))
        return String(secret)
    }

    /// The settings that have a daemon read the file.
    var tokenSettings: String { "auth: {tokensFile: \(file("tokens"))}\nthumbnails: {sizes: []}\n" }
}

/// The field that shows a token.
func bearer(_ secret: String) -> (String, String) { ("Authorization", "Bearer \(secret)") }
