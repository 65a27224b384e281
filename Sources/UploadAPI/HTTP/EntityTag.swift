import Ingest

/// A validator of a representation (RFC 9110 section 8.8.3).
struct EntityTag: Hashable, Sendable {
    let isWeak: Bool
    /// What stands between the quotes.
    let opaque: String

    init(isWeak: Bool, opaque: String) {
        self.isWeak = isWeak
        self.opaque = opaque
    }

    /// The tag of content that is known by its digest.
    init(_ digest: SHA256Digest) {
        self.init(isWeak: false, opaque: digest.hexadecimal)
    }

    /// The tag of a file whose content nobody has vouched for: it changes when the file is another or was touched.
    init(_ identity: FileIdentity) {
        let numbers = [
            String(identity.inode, radix: 16), String(identity.size, radix: 16),
            String(identity.modificationTime, radix: 16),
        ]
        self.init(isWeak: true, opaque: numbers.joined(separator: "-"))
    }

    var text: String { (isWeak ? "W/\"" : "\"") + opaque + "\"" }

    /// The digest it stands for, if it is a strong tag of ours.
    var digest: SHA256Digest? {
        guard !isWeak, opaque.utf8.count == 64 else { return nil }
        return SHA256Digest(hexadecimal: opaque)
    }

    func matchesStrongly(_ other: Self) -> Bool { !isWeak && !other.isWeak && opaque == other.opaque }

    func matchesWeakly(_ other: Self) -> Bool { opaque == other.opaque }
}

/// The value of `If-Match` or `If-None-Match`.
enum EntityTagList: Hashable, Sendable {
    /// `*`: any representation.
    case any
    case tags([EntityTag])

    /// Members that are no entity tags are left out: they match nothing.
    init(_ value: String) {
        guard value.trimmingBlanks() != "*" else {
            self = .any
            return
        }
        self = .tags(Self.tags(in: value))
    }

    /// Commas may stand within the quotes, so the list is not simply split at them.
    private static func tags(in value: String) -> [EntityTag] {
        var tags: [EntityTag] = []
        var rest = Array(value.utf8)[...]
        while let quote = rest.firstIndex(of: UInt8(ascii: "\"")) {
            let isWeak = rest[..<quote].suffix(2).elementsEqual("W/".utf8)
            let afterQuote = rest[(quote + 1)...]
            guard let end = afterQuote.firstIndex(of: UInt8(ascii: "\"")) else { break }
            tags.append(EntityTag(isWeak: isWeak, opaque: String(decoding: afterQuote[..<end], as: UTF8.self)))
            rest = afterQuote[(end + 1)...]
        }
        return tags
    }
}
