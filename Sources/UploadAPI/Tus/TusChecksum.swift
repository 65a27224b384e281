import Digests
import HTTPTypes

/// The checksum of one request's content (extension `checksum`).
struct TusChecksum: Hashable, Sendable {
    /// Those that are told to clients, in this order.
    static let algorithms: [DigestAlgorithm] = [.sha1, .sha256, .md5, .crc32]

    let digest: Digest

    /// `text` is the value of `Upload-Checksum`: `sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=`.
    ///
    /// Throws 400 for an algorithm that is not known, and for a digest that is none of its.
    init(_ text: String) throws(Problem) {
        let words = text.split(separator: " ", maxSplits: 1).map(String.init)
        guard words.count == 2 else {
            throw .tusField(.uploadChecksum, "It is the name of an algorithm and a digest in Base64.")
        }
        guard let algorithm = DigestAlgorithm(rawValue: words[0]), Self.algorithms.contains(algorithm) else {
            let known = Self.algorithms.map(\.rawValue).joined(separator: ", ")
            throw .tusField(.uploadChecksum, "These algorithms are known: \(known).")
        }
        guard let digest = Digest(algorithm, base64: words[1]) else {
            let name = algorithm.rawValue
            throw .tusField(.uploadChecksum, "A digest of \(name) has \(algorithm.byteCount) bytes, in Base64.")
        }
        self.digest = digest
    }
}

/// Whether a request's content is checked, and what it is checked against.
///
/// Content that is checked counts towards the offset only once it has been found right.
enum TusContentCheck: Hashable, Sendable {
    case none
    case against(TusChecksum)
    /// Against what comes behind the content (extension `checksum-trailer`).
    case awaitsTrailer

    init(_ fields: HTTPFields) throws(Problem) {
        let isAnnounced = fields.announcesTrailer(.uploadChecksum)
        guard let text = fields[.uploadChecksum] else {
            self = isAnnounced ? .awaitsTrailer : .none
            return
        }
        guard !isAnnounced else { throw .tusField(.uploadChecksum, "It comes before the content or behind it.") }
        self = .against(try TusChecksum(text))
    }

    /// What the content must hash to, once its end is there.
    ///
    /// Throws 400 for a trailer that was announced and did not come, and for one that came besides another.
    func checksum(trailers: HTTPFields) throws(Problem) -> TusChecksum? {
        let text = trailers[.uploadChecksum]
        switch self {
        case .none:
            guard text == nil else { throw .tusField(.uploadChecksum, "A trailer must be announced in Trailer.") }
            return nil
        case .against(let checksum):
            guard text == nil else { throw .tusField(.uploadChecksum, "It comes before the content or behind it.") }
            return checksum
        case .awaitsTrailer:
            guard let text else { throw .tusField(.uploadChecksum, "The trailer that was announced is missing.") }
            return try TusChecksum(text)
        }
    }
}
