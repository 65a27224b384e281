package import SystemPackage

/// A file's path relative to the bucket: components joined by `/`, none of them empty, `.`, `..` or hidden.
///
/// Ours are valid UTF-8 in NFC (`NameRules`); those of foreign files may be any bytes.
package struct BucketPath: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let bytes: [UInt8]

    /// For paths read back from the ledger, which were checked before they went in.
    package init(recorded bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// A path that names a resource.
    ///
    /// Throws `.invalidName` for what `NameRules` refuses, with the reason.
    package init(segments: [String]) throws(IngestError) {
        try NameRules.check(segments)
        bytes = Array(segments.joined(separator: "/").utf8)
    }

    /// A path to look up, which may be a foreign file's: nil if no client may see such a name.
    package init?(lookingUp segments: [[UInt8]]) {
        let isVisible = segments.allSatisfy { segment in
            segment.first.map { $0 != UInt8(ascii: ".") } == true && !segment.contains(UInt8(ascii: "/"))
                && !segment.contains(0)
        }
        guard isVisible, !segments.isEmpty else { return nil }
        bytes = Array(segments.joined(separator: CollectionOfOne(UInt8(ascii: "/"))))
    }

    package static func < (left: Self, right: Self) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }

    /// The path as text; bytes that are not UTF-8 are shown as U+FFFD.
    package var description: String { String(decoding: bytes, as: UTF8.self) }

    /// For system calls, relative to the bucket's directory.
    package var filePath: FilePath { FilePath(bytes: bytes) }

    package var components: [FilePath] {
        bytes.split(separator: UInt8(ascii: "/")).map { FilePath(bytes: $0) }
    }

    /// Whether it is `directory` or below it; `in/ab` is not within `in/a`.
    package func isWithin(_ directory: Self) -> Bool {
        guard bytes.starts(with: directory.bytes) else { return false }
        return bytes.count == directory.bytes.count || bytes[directory.bytes.count] == UInt8(ascii: "/")
    }

    /// Nil for a file in the bucket's own directory.
    package var directory: Self? {
        bytes.lastIndex(of: UInt8(ascii: "/")).map { Self(recorded: Array(bytes[..<$0])) }
    }

    package var lastComponent: ArraySlice<UInt8> {
        bytes.lastIndex(of: UInt8(ascii: "/")).map { bytes[($0 + 1)...] } ?? bytes[...]
    }

    /// The path below a URL's prefix: every byte but RFC 3986's unreserved ones and `/` as %XX.
    package var percentEncoded: String {
        let digits = Array("0123456789ABCDEF".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count)
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"), UInt8(ascii: "/"):
                text.append(byte)
            default:
                text += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}

extension FilePath {
    /// A name of any bytes but NUL.
    package init(bytes: some Sequence<UInt8>) {
        var text = bytes.map { CInterop.PlatformChar(bitPattern: $0) }
        text.append(0)
        self.init(platformString: text)
    }
}
