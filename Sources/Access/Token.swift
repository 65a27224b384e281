package import Ingest

/// A token, as it is recorded: its secret cannot be told from it.
package struct Token: Hashable, Sendable {
    /// Names the token in records and logs.
    package var id: String
    /// Of the secret.
    package var digest: SHA256Digest
    package var scopes: Set<Scope>
    /// Where it holds; nil: in the whole bucket.
    package var prefix: PathPrefix?
    /// From then on it is worth nothing; nil: never.
    package var expiresAt: Timestamp?
    /// Bytes of the files that were uploaded with it and are still there; nil: as many as the bucket's quota allows.
    package var quota: Int64?

    /// Throws `.invalidFile` for what contradicts itself.
    package init(
        id: String,
        digest: SHA256Digest,
        scopes: Set<Scope>,
        prefix: PathPrefix? = nil,
        expiresAt: Timestamp? = nil,
        quota: Int64? = nil
    ) throws(AccessError) {
        guard Self.isID(id) else {
            throw AccessError(.invalidFile, "An id is 1 to 64 letters, digits, dots, dashes and underscores.")
        }
        guard !scopes.isEmpty else { throw AccessError(.invalidFile, "A token without a scope allows nothing.") }
        guard prefix == nil || !scopes.contains(.admin) else {
            throw AccessError(.invalidFile, "The scope admin holds for the whole server: it cannot have a prefix.")
        }
        guard quota.map({ $0 > 0 }) ?? true else {
            throw AccessError(.invalidFile, "A quota is at least one byte.")
        }
        self.id = id
        self.digest = digest
        self.scopes = scopes
        self.prefix = prefix
        self.expiresAt = expiresAt
        self.quota = quota
    }

    /// For a token that nobody named.
    package static func randomID() -> String {
        let digits = String(UInt32.random(in: .min ... .max), radix: 16)
        return "token-" + String(repeating: "0", count: 8 - digits.utf8.count) + digits
    }

    private static func isID(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.unicodeScalars.allSatisfy { scalar in
                scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
                    || [".", "-", "_"].contains(scalar)
            }
    }

    /// As what the uploads and files that came with it are recorded (`Uploader.id`).
    package var owner: String { "token/\(id)" }

    package func hasExpired(at moment: Timestamp) -> Bool {
        expiresAt.map { $0 <= moment } ?? false
    }

    /// What it allows, while it has not expired.
    package var permissions: Permissions { Permissions(scopes: scopes, prefix: prefix) }
}
