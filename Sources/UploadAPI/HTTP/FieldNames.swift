import HTTPTypes

extension HTTPField.Name {
    static let secFetchSite = make("Sec-Fetch-Site")
    static let prefer = make("Prefer")
    static let preferenceApplied = make("Preference-Applied")
    static let reprDigest = make("Repr-Digest")
    static let contentDigest = make("Content-Digest")
    static let wantReprDigest = make("Want-Repr-Digest")
    static let wantContentDigest = make("Want-Content-Digest")
    static let contentMD5 = make("Content-MD5")
    static let crossOriginResourcePolicy = make("Cross-Origin-Resource-Policy")

    private static func make(_ text: String) -> Self {
        guard let name = Self(text) else { preconditionFailure("\(text) is a token") }
        return name
    }
}
