import ArgumentParser
import HTTPTypes
import Ingest

struct NewTicket: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new",
        abstract: "Give out a ticket and print its link, this once.",
        discussion: """
            The link leads people to a page with a form. With --json the answer has a url besides, for curl and \
            bucketctl put --ticket, and the ticket itself.
            """
    )

    @OptionGroup var options: ServerOptions

    @Option(help: "The only directory that its files go into.")
    var prefix: String?

    @Option(help: "Bytes that each of its files may have, as in 1GiB.", transform: NewTicket.bytes)
    var maxSize: Int64?

    @Option(help: "How many files may come with it.")
    var maxFiles: Int?

    @Option(
        name: .customLong("content-type"),
        help: "What a file must be declared to be, as in image/*. May be repeated."
    )
    var contentTypes: [String] = []

    @Option(help: "How long it holds, as in 12h, 7d; 7d if not given.", transform: NewTicket.duration)
    var expires: Duration?

    @Flag(help: "Print the whole answer as JSON.")
    var json = false

    func validate() throws {
        guard maxFiles.map({ $0 > 0 }) ?? true else {
            throw ValidationError("--max-files takes a number of at least 1.")
        }
    }

    func run() async throws {
        let order = TicketOrder(
            prefix: prefix,
            maxSize: maxSize,
            maxFiles: maxFiles,
            contentTypes: contentTypes.isEmpty ? nil : contentTypes,
            expiresIn: expires?.components.seconds
        )
        try await options.run { session in
            let server = session.server
            let ticket = try await server.json(TicketEntry.self, .post, server.url("/tickets"), body: order)
            guard let page = ticket.page else { throw ClientError(.unexpected, "The server told no link.") }
            Console.print(json ? JSONText.of(ticket) : "\(VisibleText(link(page, to: server.address)))")
        }
    }

    /// A server that does not know its own address tells a path.
    private func link(_ page: String, to address: ServerAddress) -> String {
        page.hasPrefix("/") && address.unixSocket == nil ? address.base + page : page
    }

    private static func bytes(_ text: String) throws -> Int64 {
        guard let bytes = Quantity.bytes(text), bytes > 0 else {
            throw ValidationError("“\(text)” is not a size such as 1GiB.")
        }
        return bytes
    }

    private static func duration(_ text: String) throws -> Duration {
        guard let time = Quantity.duration(text), time >= .seconds(1) else {
            throw ValidationError("“\(text)” is not a time such as 7d.")
        }
        return time
    }
}
