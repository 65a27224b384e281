/// The image formats that are decoded.
package enum ImageFormat: UInt8, Sendable, CaseIterable {
    case jpeg = 1
    case png = 2
    case webp = 3
    case gif = 4
    case tiff = 5
    case avif = 6
    case heic = 7

    package var name: String { "\(self)" }
}
