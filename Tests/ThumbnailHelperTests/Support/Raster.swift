/// Pixels of an image, to make test images from and to look at thumbnails with.
struct Raster: Equatable {
    struct Colour: Equatable, CustomStringConvertible {
        var red: UInt8
        var green: UInt8
        var blue: UInt8
        var description: String { "(\(red) \(green) \(blue))" }

        /// Lossy coding moves colours a little.
        func isNear(_ other: Colour) -> Bool {
            [(red, other.red), (green, other.green), (blue, other.blue)].allSatisfy { abs(Int($0) - Int($1)) <= 40 }
        }
    }

    /// The colours of the four quarters of `marked`, read from the top left.
    static let corners = [
        Colour(red: 230, green: 20, blue: 20), Colour(red: 20, green: 200, blue: 20),
        Colour(red: 20, green: 20, blue: 230), Colour(red: 240, green: 230, blue: 20),
    ]

    var width: Int
    var height: Int
    private var pixels: [Colour]

    init(width: Int, height: Int, colour: (_ x: Int, _ y: Int) -> Colour) {
        self.width = width
        self.height = height
        pixels = (0..<height).flatMap { y in (0..<width).map { x in colour(x, y) } }
    }

    /// An image whose corners tell which way up it is.
    static func marked(width: Int = 160, height: Int = 120) -> Raster {
        Raster(width: width, height: height) { x, y in corners[(y < height / 2 ? 0 : 2) + (x < width / 2 ? 0 : 1)] }
    }

    subscript(x: Int, y: Int) -> Colour { pixels[y * width + x] }

    /// The colours a quarter of the way in from each corner.
    var seenCorners: [Colour] {
        [height / 4, height * 3 / 4].flatMap { y in [width / 4, width * 3 / 4].map { x in self[x, y] } }
    }

    /// How a camera stores this image with that EXIF orientation (TIFF 6.0, tag 274).
    func stored(orientation: Int) -> Raster {
        let turned = orientation > 4
        return Raster(width: turned ? height : width, height: turned ? width : height) { x, y in
            switch orientation {
            case 2: self[width - 1 - x, y]
            case 3: self[width - 1 - x, height - 1 - y]
            case 4: self[x, height - 1 - y]
            case 5: self[y, x]
            case 6: self[width - 1 - y, x]
            case 7: self[width - 1 - y, height - 1 - x]
            case 8: self[y, height - 1 - x]
            default: self[x, y]
            }
        }
    }

    func above(_ other: Raster) -> Raster {
        Raster(width: width, height: height + other.height) { x, y in y < height ? self[x, y] : other[x, y - height] }
    }

    /// Netpbm's P6.
    var ppm: [UInt8] {
        Array("P6\n\(width) \(height)\n255\n".utf8) + pixels.flatMap { [$0.red, $0.green, $0.blue] }
    }

    /// Reads Netpbm's P6 as `vips` writes it: comments are lines of their own.
    init?(ppm bytes: [UInt8]) {
        var rest = bytes[...]
        var header: [String] = []
        while header.count < 4, let end = rest.firstIndex(of: 10) {
            let line = String(decoding: rest[..<end], as: UTF8.self)
            rest = rest[(end + 1)...]
            if !line.hasPrefix("#") {
                header += line.split(separator: " ").map { String($0) }
            }
        }
        guard header.count == 4, header[0] == "P6", header[3] == "255", let width = Int(header[1]),
            let height = Int(header[2]), rest.count == width * height * 3
        else { return nil }
        let data = Array(rest)
        self.init(width: width, height: height) { x, y in
            let start = (y * width + x) * 3
            return Colour(red: data[start], green: data[start + 1], blue: data[start + 2])
        }
    }
}
