/// A ticket as the server tells of it; `ticket`, `page` and `url` once only.
struct TicketEntry: Codable, Hashable, Sendable {
    var id: String
    var prefix: String?
    var maxSize: Int64?
    var maxFiles: Int64?
    var usedFiles: Int64?
    var contentTypes: [String]?
    var createdAt: String?
    var expiresAt: String?
    var ticket: String?
    var page: String?
    var url: String?

    var line: String {
        let types = contentTypes ?? []
        let fields: [String?] = [
            id, usedFiles.map(String.init), expiresAt, prefix, maxFiles.map(String.init), maxSize.map(String.init),
            types.isEmpty ? nil : types.joined(separator: ","),
        ]
        return fields.map { "\(VisibleText($0 ?? "-"))" }.joined(separator: "\t")
    }
}

struct TicketList: Codable, Sendable {
    var tickets: [TicketEntry]
}
