import ArgumentParser

struct TicketCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ticket",
        abstract: "Give out, look at and revoke tickets, with which somebody without a token may upload.",
        subcommands: [NewTicket.self, ListTickets.self, ShowTicket.self, RevokeTicket.self]
    )
}
