/// What `POST /tickets` asks for.
struct TicketOrder: Encodable, Sendable {
    var prefix: String?
    var maxSize: Int64?
    var maxFiles: Int?
    var contentTypes: [String]?
    /// Seconds.
    var expiresIn: Int64?
}
