/// An EXIF segment as cameras write it (JPEG APP1 around a little-endian TIFF directory), with an owner's secrets.
enum ExifSegment {
    static let secret = "SECRET-CAMERA-OWNER"

    /// `jpeg` with the segment right after its start marker.
    static func insert(into jpeg: [UInt8], orientation: Int) -> [UInt8] {
        Array(jpeg.prefix(2)) + segment(orientation: orientation) + Array(jpeg.dropFirst(2))
    }

    private static func segment(orientation: Int) -> [UInt8] {
        let text = Array(secret.utf8) + [0]
        var tiff: [UInt8] = Array("II".utf8) + [42, 0, 8, 0, 0, 0]
        tiff += [2, 0]
        // Make (271), ASCII, at offset 38 behind the directory; Orientation (274), SHORT.
        tiff += [0x0f, 0x01, 2, 0, UInt8(text.count), 0, 0, 0, 38, 0, 0, 0]
        tiff += [0x12, 0x01, 3, 0, 1, 0, 0, 0, UInt8(orientation), 0, 0, 0]
        tiff += [0, 0, 0, 0] + text
        let body = Array("Exif".utf8) + [0, 0] + tiff
        let length = body.count + 2
        return [0xff, 0xe1, UInt8(length >> 8), UInt8(length & 0xff)] + body
    }
}
