import MicroHTTP

extension Request {
    /// The ticket of the query; nil if there is none.
    var ticket: String? {
        guard target.raw.contains("ticket=") else { return nil }
        return try? target.query().first { $0.name == "ticket" }?.value
    }

    /// What is added to a URL for whoever has nothing to show but a ticket; a ticket's characters need no escapes.
    var ticketQuery: String {
        guard let ticket, ticket.utf8.allSatisfy(Self.isUnreserved) else { return "" }
        return "?ticket=\(ticket)"
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
