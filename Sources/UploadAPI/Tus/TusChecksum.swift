import HTTPTypes
import StructuredFields

/// The checksum of one request's content (extension `checksum`).
struct TusChecksum: Hashable, Sendable {
    enum Algorithm: String, CaseIterable, Sendable {
        case sha1
        case sha256
        case md5
        case crc32

        /// Bytes.
        var length: Int {
            switch self {
            case .sha1: 20
            case .sha256: 32
            case .md5: 16
            case .crc32: 4
            }
        }
    }

    let algorithm: Algorithm
    let digest: [UInt8]

    /// `text` is the value of `Upload-Checksum`: `sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=`.
    ///
    /// Throws 400 for an algorithm that is not known, and for a digest that is none of its.
    init(_ text: String) throws(Problem) {
        let words = text.split(separator: " ", maxSplits: 1).map(String.init)
        guard words.count == 2, let digest = Base64.decode(words[1]) else {
            throw .tusField(.uploadChecksum, "It is the name of an algorithm and a digest in Base64.")
        }
        guard let algorithm = Algorithm(rawValue: words[0]) else {
            let known = Algorithm.allCases.map(\.rawValue).joined(separator: ", ")
            throw .tusField(.uploadChecksum, "These algorithms are known: \(known).")
        }
        guard digest.count == algorithm.length else {
            throw .tusField(.uploadChecksum, "A digest of \(algorithm.rawValue) has \(algorithm.length) bytes.")
        }
        self.algorithm = algorithm
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
