import Access
import Logging
import MicroHTTP
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

    /// What systemd opens is its unit's decision; that nobody is asked for a token there may be none.
    func warnOfStrangers(at address: BoundAddress) {
        guard settings.tokensFile == nil, !settings.allowAnonymous, case .tcp(let host, let port) = address,
            !ListenSetting.address(.tcp(host: host, port: port)).isLocal
        else { return }
        logger.warning(
            "anybody who reaches this address may upload, read and delete: set auth.tokensFile",
            metadata: ["address": "\(address)"]
        )
    }
}
