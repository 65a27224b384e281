package import Ingest

extension LedgerDatabase: TicketLedger {
    package func ticketKey(orMake make: @escaping @Sendable () -> [UInt8]) async throws -> [UInt8] {
        if let key = try await read({ try $0.ticketKey() }) { return key }
        return try await writer.perform { transaction in
            if let key = try transaction.reader.ticketKey() { return key }
            let key = make()
            try transaction.recordTicketKey(key)
            return key
        }
    }

    package func recordTicket(_ ticket: TicketRecord) async throws {
        try await writer.perform { try $0.recordTicket(ticket) }
    }

    package func removeTicket(_ ticket: TicketID) async throws -> Bool {
        try await writer.perform { try $0.removeTicket(ticket) }
    }

    package func removeTickets(expiredBy moment: Timestamp) async throws -> Int {
        guard try await read({ try $0.hasTickets(expiredBy: moment) }) else { return 0 }
        return try await writer.perform { try $0.removeTickets(expiredBy: moment) }
    }

    package func tickets() async throws -> [TicketRecord] {
        try await read { try $0.tickets() }
    }
}
