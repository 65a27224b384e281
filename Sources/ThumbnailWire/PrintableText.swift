/// Text of at most 200 printable ASCII bytes: all that a helper may add to a log.
package struct PrintableText: Sendable, Hashable, CustomStringConvertible {
    package static let maxLength = 200

    let bytes: [UInt8]

    package var description: String { String(decoding: bytes, as: UTF8.self) }
    package var isEmpty: Bool { bytes.isEmpty }

    /// Makes any bytes fit: what does not print becomes one space, ends are trimmed, the rest is cut off.
    package init(sanitizing source: some Sequence<UInt8>) {
        var bytes: [UInt8] = []
        for byte in source {
            guard bytes.count < Self.maxLength else { break }
            if Self.isPrintable(byte) && byte != space {
                bytes.append(byte)
            } else if let last = bytes.last, last != space {
                bytes.append(space)
            }
        }
        if bytes.last == space {
            bytes.removeLast()
        }
        self.bytes = bytes
    }

    package init(sanitizing source: String) {
        self.init(sanitizing: source.utf8)
    }

    /// Nil unless the bytes fit as they are.
    init?(exactly source: some Collection<UInt8>) {
        guard source.count <= Self.maxLength, source.allSatisfy(Self.isPrintable) else { return nil }
        bytes = Array(source)
    }

    private static func isPrintable(_ byte: UInt8) -> Bool {
        (0x20...0x7e).contains(byte)
    }
}

private let space = UInt8(ascii: " ")
