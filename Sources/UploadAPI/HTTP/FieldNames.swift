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
    static let idempotencyKey = make("Idempotency-Key")
    static let contentLocation = make("Content-Location")
    static let acceptPatch = make("Accept-Patch")
    static let methodOverride = make("X-HTTP-Method-Override")
    static let requestedWith = make("X-Requested-With")
    static let requestID = make("X-Request-ID")
    static let crossOriginResourcePolicy = make("Cross-Origin-Resource-Policy")

    // Resumable uploads, tus, or both.
    static let uploadOffset = make("Upload-Offset")
    static let uploadLength = make("Upload-Length")
    static let uploadComplete = make("Upload-Complete")
    static let uploadIncomplete = make("Upload-Incomplete")
    static let uploadLimit = make("Upload-Limit")
    static let uploadDraftInteropVersion = make("Upload-Draft-Interop-Version")
    static let uploadDeferLength = make("Upload-Defer-Length")
    static let uploadMetadata = make("Upload-Metadata")
    static let uploadConcat = make("Upload-Concat")
    static let uploadChecksum = make("Upload-Checksum")
    static let uploadExpires = make("Upload-Expires")
    static let tusResumable = make("Tus-Resumable")
    static let tusVersion = make("Tus-Version")
    static let tusExtension = make("Tus-Extension")
    static let tusMaxSize = make("Tus-Max-Size")
    static let tusChecksumAlgorithm = make("Tus-Checksum-Algorithm")

    private static func make(_ text: String) -> Self {
        guard let name = Self(text) else { preconditionFailure("\(text) is a token") }
        return name
    }
}
