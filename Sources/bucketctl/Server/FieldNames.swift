import Digests
import HTTPTypes
import StructuredFields

extension HTTPField.Name {
    static let idempotencyKey = make("Idempotency-Key")
    static let reprDigest = make("Repr-Digest")
    static let wantReprDigest = make("Want-Repr-Digest")
    static let uploadOffset = make("Upload-Offset")
    static let uploadLength = make("Upload-Length")
    static let uploadComplete = make("Upload-Complete")
    static let uploadDraftInteropVersion = make("Upload-Draft-Interop-Version")

    private static func make(_ text: String) -> Self {
        guard let name = Self(text) else { preconditionFailure("\(text) is a token") }
        return name
    }
}

extension HTTPFields {
    /// The SHA-256 that the server tells of the whole file; nil if it tells none.
    var reprSHA256: Digest? {
        let dictionary = self[.reprDigest].flatMap(StructuredDictionary.init(field:))
        return dictionary?["sha-256"]?.value?.bytes.flatMap { Digest(.sha256, bytes: $0) }
    }
}
