import Access
import Logging
import Threading

extension ReloadablePart {
    private static let threads = BlockingThreads(name: "tokens", count: 1)

    /// The file of tokens: they are read again at each reload.
    init(tokens: TokenStore, logger: Logger) {
        self.init { settings in
            do throws(AccessError) {
                let new = try await Self.threads.run { () throws(AccessError) in try tokens.read() }
                return {
                    tokens.adopt(new)
                    let level: Logger.Level = new.isEmpty ? .warning : .notice
                    logger.log(level: level, "tokens read again", metadata: ["auth.tokens": "\(new.count)"])
                }
            } catch {
                let problem = SettingsProblem(key: SettingKey.tokensFile.rawValue, reason: error.description)
                throw SettingsError(problems: [problem])
            }
        }
    }
}
