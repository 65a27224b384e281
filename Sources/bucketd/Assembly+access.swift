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

    func accessRules(_ tokens: TokenStore?) -> AccessRules {
        guard let tokens else { return .none }
        return AccessRules(clock: clock) { tokens.tokens }
    }
}
