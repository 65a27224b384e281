import Threading

/// The tokens of a file, as they were when it was last read without a fault.
package final class TokenStore: Sendable {
    private let file: TokenFile
    private let current: Locked<Tokens>

    /// Throws `.invalidFile` with all that is wrong with the file, and if there is no token in it.
    package init(_ file: TokenFile) throws(AccessError) {
        let tokens = try file.read()
        guard !tokens.isEmpty else {
            throw AccessError(.invalidFile, "\(file.path) holds no token: bucketctl token new --file \(file.path)")
        }
        self.file = file
        current = Locked(tokens)
    }

    package var tokens: Tokens { current.withLock { $0 } }

    /// Reads the file again, for `adopt`; blocks.
    ///
    /// Throws `.invalidFile` with all that is wrong. A file without a token is none of that: the last of them was revoked,
    /// and nobody is known from then on.
    package func read() throws(AccessError) -> Tokens {
        try file.read()
    }

    /// From now on these count.
    package func adopt(_ tokens: Tokens) {
        current.withLock { $0 = tokens }
    }
}
