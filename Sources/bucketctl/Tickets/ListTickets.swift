import ArgumentParser
import HTTPTypes

struct ListTickets: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List tickets: id, files so far, expiry, prefix, and the limits of files, bytes and types."
    )

    @OptionGroup var options: ServerOptions

    @Flag(help: "One JSON text: {\"tickets\": [...]}.")
    var json = false

    func run() async throws {
        try await options.run { session in
            let server = session.server
            let list = try await server.json(TicketList.self, .get, server.url("/tickets"))
            Console.write(json ? JSONText.of(list) + "\n" : list.tickets.map { $0.line + "\n" }.joined())
        }
    }
}
