import Ingest
import Testing

@testable import Access

@Suite struct TokenTests {
    private static let now = Timestamp(milliseconds: 1_800_000_000_000)

    private static func token(
        _ id: String = "t",
        _ secret: TokenSecret = .random(),
        _ scopes: Set<Scope> = [.upload],
        prefix: String? = nil,
        expiresAt: Timestamp? = nil
    ) throws -> Token {
        try Token(
            id: id,
            digest: secret.sha256,
            scopes: scopes,
            prefix: try prefix.map { try PathPrefix($0) },
            expiresAt: expiresAt
        )
    }

    private static func path(_ text: String) throws -> BucketPath {
        try BucketPath(segments: text.split(separator: "/").map(String.init))
    }

    @Test func aSecretIsKnownByItsDigest() throws {
        let secrets = (0..<3).map { _ in TokenSecret.random() }
        let tokens = Tokens(try secrets.enumerated().map { try Self.token("t\($0.offset)", $0.element) })
        for (index, secret) in secrets.enumerated() {
            #expect(try tokens.token(of: secret, at: Self.now).id == "t\(index)")
        }
    }

    @Test func anythingElseIsNot() throws {
        let secret = TokenSecret.random()
        let tokens = Tokens([try Self.token("t", secret)])
        let other = secret.text.last == "A" ? "B" : "A"
        for wrong in ["", String(secret.text.dropLast()), secret.text.dropLast() + other, secret.text + " "] {
            let error = #expect(throws: AccessError.self) { try tokens.token(of: TokenSecret(wrong), at: Self.now) }
            #expect(error?.code == .unknown)
        }
        #expect(throws: AccessError.self) { try Tokens.none.token(of: secret, at: Self.now) }
    }

    @Test func aTokenEndsAtItsTime() throws {
        let secret = TokenSecret.random()
        let tokens = Tokens([try Self.token("t", secret, expiresAt: Self.now)])
        let before = Timestamp(milliseconds: Self.now.milliseconds - 1)
        #expect(try tokens.token(of: secret, at: before).id == "t")
        let error = #expect(throws: AccessError.self) { try tokens.token(of: secret, at: Self.now) }
        #expect(error?.code == .expired)
    }

    @Test func secretsAreNeverTheSameAndKnownAsSuchByScanners() {
        let secrets = (0..<100).map { _ in TokenSecret.random().text }
        #expect(Set(secrets).count == 100)
        #expect(secrets.allSatisfy { $0.hasPrefix("secret-token:") && $0.utf8.count == 13 + 43 })
    }

    @Test(arguments: Scope.allCases, Scope.allCases)
    func noScopeImpliesAnother(has: Scope, needs: Scope) throws {
        let token = try Self.token("t", .random(), [has])
        if has == needs {
            try token.permissions.require(needs, at: nil)
        } else {
            let error = #expect(throws: AccessError.self) { try token.permissions.require(needs, at: nil) }
            #expect(error?.code == .forbidden)
        }
    }

    @Test func aPrefixHoldsTheTokenToItsDirectory() throws {
        let token = try Self.token(prefix: "in/a")
        try token.permissions.require(.upload, at: try Self.path("in/a/b.txt"))
        for other in [nil, try Self.path("in/ab"), try Self.path("in"), try Self.path("b")] {
            #expect(throws: AccessError.self) { try token.permissions.require(.upload, at: other) }
        }
    }

    @Test func whatContradictsItselfIsNoToken() {
        #expect(throws: AccessError.self) { try Self.token("") }
        #expect(throws: AccessError.self) { try Self.token("a b") }
        #expect(throws: AccessError.self) { try Self.token("é") }
        #expect(throws: AccessError.self) { try Self.token(String(repeating: "a", count: 65)) }
        #expect(throws: AccessError.self) { try Self.token("t", .random(), []) }
        #expect(throws: AccessError.self) { try Self.token("t", .random(), [.admin], prefix: "a") }
    }
}
