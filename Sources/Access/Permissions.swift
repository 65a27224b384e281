package import Ingest

/// What its bearer may do with a token.
package struct Permissions: Hashable, Sendable {
    package let scopes: Set<Scope>
    /// Where they hold; nil: in the whole bucket.
    package let prefix: PathPrefix?

    package init(scopes: Set<Scope>, prefix: PathPrefix?) {
        self.scopes = scopes
        self.prefix = prefix
    }

    /// The scope, wherever it holds.
    ///
    /// Throws `.forbidden`.
    package func require(_ scope: Scope) throws(AccessError) {
        guard scopes.contains(scope) else {
            throw AccessError(.forbidden, "This needs the scope \(scope.rawValue).")
        }
    }

    /// `path` is the file or directory that the request is about; nil: the whole bucket, or nothing in it.
    ///
    /// Throws `.forbidden`.
    package func require(_ scope: Scope, at path: BucketPath?) throws(AccessError) {
        try require(scope)
        guard let prefix else { return }
        guard let path, prefix.covers(path) else { throw isElsewhere }
    }

    /// What refuses a request for another place.
    package var isElsewhere: AccessError {
        AccessError(.forbidden, prefix.map { "These credentials hold for \($0)/ only." } ?? "They do not hold here.")
    }
}
