import Crypto
package import Ingest

/// All tokens that a server knows.
package struct Tokens: Sendable {
    package static let none = Self([])

    package let tokens: [Token]

    package init(_ tokens: [Token]) {
        self.tokens = tokens
    }

    package var isEmpty: Bool { tokens.isEmpty }
    package var count: Int { tokens.count }

    /// The token of this secret.
    ///
    /// Takes as long for a secret that is right but for its last character as for one that is all wrong: what is
    /// compared are digests, all of them, each to its end. Throws `.unknown` and `.expired`.
    package func token(of secret: TokenSecret, at moment: Timestamp) throws(AccessError) -> Token {
        let digest = secret.digest
        var found: Token?
        for token in tokens where digest == token.digest.bytes {
            found = token
        }
        guard let found else { throw AccessError(.unknown, "This token is not known.") }
        guard !found.hasExpired(at: moment) else { throw AccessError(.expired, "This token has expired.") }
        return found
    }

    /// The token that an owner is (`Token.owner`), expired or not; nil for any other.
    package func token(ofOwner owner: String) -> Token? { tokens.first { $0.owner == owner } }
}
