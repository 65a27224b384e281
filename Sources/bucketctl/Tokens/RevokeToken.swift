import Access
import ArgumentParser
import Ingest

struct RevokeToken: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Remove a token from the file.",
        discussion: "The server goes by the file as it was at its start or the last SIGHUP."
    )

    @OptionGroup var tokens: TokenFileOptions

    @Argument(help: "The token's id, as list prints it.")
    var id: String

    func run() throws {
        try tokens.file.revoke(id, at: .now)
    }
}
