/// The record of tickets.
///
/// The same promises as `FileLedger`'s. A ticket's count goes up in the transaction that records its files
/// (`NewFile.owner`), which throws `.forbidden` if it is used up or not there any more, and down in the one that withdraws
/// them.
package protocol TicketLedger: Sendable {
    /// The key that tickets are signed by; `make` is called where there is none yet.
    func ticketKey(orMake make: @escaping @Sendable () -> [UInt8]) async throws -> [UInt8]
    func recordTicket(_ ticket: TicketRecord) async throws
    /// False if there is none.
    func removeTicket(_ ticket: TicketID) async throws -> Bool
    /// How many.
    func removeTickets(expiredBy moment: Timestamp) async throws -> Int
    /// All of them, in the order of their creation.
    func tickets() async throws -> [TicketRecord]
}
