import Access
import ArgumentParser
import Ingest

struct ListTokens: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Print the tokens of the file, a line each: id, scopes, prefix, expiry and quota, separated by tabs."
    )

    @OptionGroup var tokens: TokenFileOptions

    func run() throws {
        let now = Timestamp.now
        for token in try tokens.file.read().tokens {
            let expiry = token.expiresAt.map { Token.text($0) + ($0 <= now ? " (expired)" : "") }
            let fields: [String?] = [
                token.id, Scope.allCases.filter(token.scopes.contains).map(\.rawValue).joined(separator: ","),
                token.prefix?.description, expiry, token.quota.map(String.init),
            ]
            print(fields.map { $0 ?? "-" }.joined(separator: "\t"))
        }
    }
}
