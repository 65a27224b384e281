import ArgumentParser
import HTTPTypes

struct RevokeTicket: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Revoke a ticket, also for what is on its way."
    )

    @OptionGroup var options: ServerOptions

    @Argument(help: "The ticket's id, as list prints it.")
    var id: String

    func run() async throws {
        try await options.run { session in
            _ = try await session.server.send(.delete, session.server.url("/tickets/" + PercentEncoding.query(id)))
        }
    }
}
