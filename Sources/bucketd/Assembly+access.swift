import Access
import Logging
import UploadAPI

extension Assembly {
    /// Who may do what; nil: everybody everything.
    ///
    /// Throws `AccessError` for a file of tokens that cannot be used.
    func openTokens() throws(AccessError) -> TokenStore? {
        guard let file = settings.tokensFile else { return nil }
        let store = try TokenStore(TokenFile(file))
        logger.notice("tokens read", metadata: ["auth.tokens": "\(store.tokens.count)", "file": "\(file)"])
        return store
    }

    /// Tickets are of use only where others need tokens.
    func openTickets(_ tokens: TokenStore?, _ storage: Storage) async throws -> Tickets? {
        tokens == nil ? nil : try await Tickets(ledger: storage.ledger, clock: clock)
    }

    func accessRules(_ tokens: TokenStore?, _ tickets: Tickets?) -> AccessRules {
        guard let tokens else { return .none }
        return AccessRules(clock: clock, tickets: tickets) { tokens.tokens }
    }
}
