import Testing

@testable import Access

@Suite struct AuthorizationTests {
    @Test(arguments: [
        ("Bearer abc", "abc"), ("bearer  abc", "abc"), ("BEARER secret-token:a_b-c", "secret-token:a_b-c"),
        // user:pass, user:pa:ss, :x, and no password.
        ("Basic dXNlcjpwYXNz", "pass"), ("basic dXNlcjpwYTpzcw==", "pa:ss"), ("Basic Ong=", "x"),
        ("Basic dXNlcjo=", ""),
    ])
    func aSecretIsABearerTokenOrAPassword(field: String, secret: String) throws {
        #expect(try TokenSecret(authorization: [field])?.text == secret)
    }

    @Test func noFieldIsNoSecret() throws {
        #expect(try TokenSecret(authorization: [])?.text == nil)
    }

    @Test(arguments: [
        "", "Bearer", "Bearer ", "Bearer a b", "Basic", "Basic ???", "Basic dXNlcg==", "Basic /w==", "Digest a",
    ])
    func whatIsMalformedIsRefused(field: String) {
        let error = #expect(throws: AccessError.self) { try TokenSecret(authorization: [field]) }
        #expect(error?.code == .malformed)
    }

    @Test func twoFieldsAreAmbiguous() {
        let error = #expect(throws: AccessError.self) { try TokenSecret(authorization: ["Bearer a", "Bearer a"]) }
        #expect(error?.code == .ambiguous)
    }
}
