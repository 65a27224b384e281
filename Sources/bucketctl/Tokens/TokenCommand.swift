import Access
import ArgumentParser
import SystemPackage

struct TokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Make, list and revoke the tokens of a file.",
        subcommands: [NewToken.self, ListTokens.self, RevokeToken.self]
    )
}

struct TokenFileOptions: ParsableArguments {
    @Option(
        name: .customLong("file"),
        help: "The file of tokens, as the server's setting auth.tokensFile names it.",
        completion: .file()
    )
    var path: String

    var file: TokenFile { TokenFile(FilePath(path)) }
}
