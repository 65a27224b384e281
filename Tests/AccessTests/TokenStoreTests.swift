import Glibc
import Ingest
import IngestTesting
import SystemPackage
import Testing

@testable import Access

@Suite struct TokenStoreTests {
    private static func token(_ id: String) throws -> Token {
        try Token(id: id, digest: TokenSecret.random().sha256, scopes: [.read])
    }

    @Test func aBadFileChangesNothing() throws {
        let directory = try TemporaryDirectory()
        let file = TokenFile(directory.file("tokens"))
        try file.append(try Self.token("a"))
        let store = try TokenStore(file)
        try file.append(try Self.token("b"))
        #expect(store.tokens.tokens.map(\.id) == ["a"])
        store.adopt(try store.read())
        #expect(store.tokens.tokens.map(\.id) == ["a", "b"])
        try #require(chmod(file.path.string, 0o644) == 0)
        #expect(throws: AccessError.self) { store.adopt(try store.read()) }
        #expect(store.tokens.tokens.map(\.id) == ["a", "b"])
    }

    @Test func aStoreBeginsWithAToken() throws {
        let directory = try TemporaryDirectory()
        let file = TokenFile(directory.file("tokens"))
        #expect(throws: AccessError.self) { try TokenStore(file) }
        try file.append(try Self.token("a"))
        let store = try TokenStore(file)
        try file.revoke("a", at: Timestamp(milliseconds: 0))
        #expect(throws: AccessError.self) { try TokenStore(file) }
        // Whoever revokes the last one means it.
        store.adopt(try store.read())
        #expect(store.tokens.isEmpty)
    }
}
