/// Tells an image by its first bytes; names and declared types are not looked at.
///
/// Cheap enough to ask before a decoder is bothered, and parses nothing beyond fixed offsets.
package enum ImageSignature {
    /// How much of a file's head `format(of:)` looks at.
    package static let length = 64

    /// The format that begins like `head`; nil when it is none that can be decoded.
    package static func format(of head: [UInt8]) -> ImageFormat? {
        if head.starts(with: [0xff, 0xd8, 0xff]) { return .jpeg }
        if head.starts(with: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]) { return .png }
        if head.starts(with: "GIF87a".utf8) || head.starts(with: "GIF89a".utf8) { return .gif }
        if isTIFF(head) { return .tiff }
        if head.starts(with: "RIFF".utf8), head.dropFirst(8).starts(with: "WEBP".utf8) { return .webp }
        return isoFormat(head)
    }

    /// Byte order, then 42 (TIFF 6.0) or 43 (BigTIFF) in that order.
    private static func isTIFF(_ head: [UInt8]) -> Bool {
        guard head.count >= 4 else { return false }
        return switch (head[0], head[1], head[2], head[3]) {
        case (0x49, 0x49, 0x2a, 0), (0x49, 0x49, 0x2b, 0), (0x4d, 0x4d, 0, 0x2a), (0x4d, 0x4d, 0, 0x2b): true
        default: false
        }
    }

    /// The `ftyp` box of ISO base media (ISO/IEC 14496-12, 4.3): length, `ftyp`, major brand, minor version, brands.
    private static func isoFormat(_ head: [UInt8]) -> ImageFormat? {
        guard head.count >= 16, head[4..<8].elementsEqual("ftyp".utf8) else { return nil }
        let length = head[0..<4].reduce(0) { $0 << 8 | Int($1) }
        guard length >= 16 else { return nil }
        var brands = [String(decoding: head[8..<12], as: UTF8.self)]
        for start in stride(from: 16, to: min(length, head.count, Self.length) - 3, by: 4) {
            brands.append(String(decoding: head[start..<start + 4], as: UTF8.self))
        }
        let major = brands[0]
        if avifBrands.contains(major) { return .avif }
        if heicBrands.contains(major) { return .heic }
        // The generic major brands leave the coding to the compatible ones.
        guard genericBrands.contains(major) else { return nil }
        return brands.contains(where: avifBrands.contains) ? .avif : .heic
    }

    private static let avifBrands: Set<String> = ["avif", "avis"]
    private static let heicBrands: Set<String> = ["heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs"]
    private static let genericBrands: Set<String> = ["mif1", "msf1", "miaf"]
}
