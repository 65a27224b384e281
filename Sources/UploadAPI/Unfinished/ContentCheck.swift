import Digests
import HTTPTypes
import Ingest

/// What the content of one request is checked against before it counts towards its upload's offset.
///
/// `Content-Digest` and `Content-MD5`, before the content or behind it as trailers that were announced, and
/// `Upload-Checksum` of tus.
struct ContentCheck {
    private static let names: [HTTPField.Name] = [.contentDigest, .contentMD5]

    private let claims: [DigestClaim]
    private let checksum: TusContentCheck
    private let awaited: AwaitedDigests

    init(_ fields: HTTPFields, checksum: TusContentCheck = .none) throws(Problem) {
        claims = try DigestFields.claims(in: fields, of: Self.names)
        awaited = AwaitedDigests(fields, of: Self.names)
        self.checksum = checksum
    }

    /// What is to be computed of the content; empty: nothing is checked.
    var algorithms: Set<DigestAlgorithm> {
        awaited.algorithms.union(claims.map(\.digest.algorithm)).union(checksum.algorithms)
    }

    /// The content is there: throws if it is not what was said.
    func verify(_ computed: [DigestAlgorithm: Digest], trailers: HTTPFields) throws {
        if let digest = try checksum.checksum(trailers: trailers)?.digest, computed[digest.algorithm] != digest {
            throw Problem.tusChecksumMismatch
        }
        let more = try awaited.claims(in: trailers, computed: Set(computed.keys))
        try (claims + more).verify(against: computed)
    }
}

extension HTTPFields {
    /// Whether `Trailer` says that this field may come behind the content.
    func announcesTrailer(_ name: HTTPField.Name) -> Bool {
        (self[.trailer] ?? "").split(separator: ",").contains {
            $0.trimmingBlanks().lowercased() == name.canonicalName
        }
    }
}

extension TusContentCheck {
    fileprivate var algorithms: Set<DigestAlgorithm> {
        switch self {
        case .none: []
        case .against(let checksum): [checksum.digest.algorithm]
        case .awaitsTrailer: Set(TusChecksum.algorithms)
        }
    }
}
