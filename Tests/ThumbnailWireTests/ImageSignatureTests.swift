import Testing
import ThumbnailWire

@Suite struct ImageSignatureTests {
    private static func box(major: String, compatible: [String] = []) -> [UInt8] {
        let length = UInt8(16 + 4 * compatible.count)
        return [0, 0, 0, length] + Array("ftyp\(major)".utf8) + [0, 0, 0, 0] + compatible.flatMap { Array($0.utf8) }
    }

    @Test(arguments: [
        ([0xff, 0xd8, 0xff, 0xe0], ImageFormat.jpeg),
        ([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0], .png),
        (Array("GIF89a".utf8), .gif),
        (Array("GIF87a".utf8), .gif),
        ([0x49, 0x49, 0x2a, 0], .tiff),
        ([0x4d, 0x4d, 0, 0x2b], .tiff),
        (Array("RIFF0000WEBPVP8 ".utf8), .webp),
        (box(major: "avif"), .avif),
        (box(major: "heic", compatible: ["mif1"]), .heic),
        (box(major: "mif1", compatible: ["mif1", "avif"]), .avif),
        (box(major: "mif1", compatible: ["heic"]), .heic),
    ])
    func imagesAreKnownByTheirHead(head: [UInt8], format: ImageFormat) {
        #expect(ImageSignature.format(of: head) == format)
        #expect(ImageSignature.format(of: head + [UInt8](repeating: 0xa5, count: 4000)) == format)
    }

    @Test(arguments: [
        [], [0xff, 0xd8], Array("RIFF0000WAVEfmt ".utf8), Array("<svg xmlns=\"http://www.w3.org/2000/svg\"/>".utf8),
        Array("%PDF-1.7\n".utf8), Array("push graphic-context".utf8), box(major: "isom", compatible: ["mp41"]),
        [0, 0, 0, 200] + Array("ftyp".utf8), Array("II*".utf8), Array("GIF88a".utf8),
    ])
    func everythingElseIsNot(head: [UInt8]) {
        #expect(ImageSignature.format(of: head) == nil)
    }

    @Test func aBoxThatClaimsToBeLongerThanItIsIsNoTrouble() {
        var head = Self.box(major: "mif1", compatible: ["avif"])
        head[0] = 0xff
        #expect(ImageSignature.format(of: head) == .avif)
        #expect(ImageSignature.format(of: Array(head.dropLast(2))) == .heic)
    }

    @Test func aThumbnailsFormatIsChecked() {
        let webp = Array("RIFF".utf8) + [4, 0, 0, 0] + Array("WEBP".utf8)
        #expect(ThumbnailFormat.webp.matches(webp, size: 12))
        #expect(!ThumbnailFormat.webp.matches(webp, size: 13))
        #expect(!ThumbnailFormat.jpeg.matches(webp, size: 12))
        #expect(ThumbnailFormat.jpeg.matches([0xff, 0xd8, 0xff, 0xdb], size: 4))
        #expect(!ThumbnailFormat.webp.matches([], size: 0))
    }
}
