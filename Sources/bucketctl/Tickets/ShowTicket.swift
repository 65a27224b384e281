import ArgumentParser
import HTTPTypes

struct ShowTicket: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Print what binds a ticket, and how many files came with it, as JSON."
    )

    @OptionGroup var options: ServerOptions

    @Argument(help: "The ticket's id, as list prints it.")
    var id: String

    func run() async throws {
        try await options.run { session in
            let server = session.server
            let url = server.url("/tickets/" + PercentEncoding.query(id))
            Console.print(JSONText.of(try await server.json(TicketEntry.self, .get, url)))
        }
    }
}
