/// Bytes as parts of a URL: all but RFC 3986's unreserved ones as %XX.
enum PercentEncoding {
    static func path(_ path: some Sequence<UInt8>) -> String { encode(path, keeping: UInt8(ascii: "/")) }

    static func query(_ text: String) -> String { encode(text.utf8, keeping: nil) }

    private static func encode(_ bytes: some Sequence<UInt8>, keeping other: UInt8?) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var text: [UInt8] = []
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                text.append(byte)
            case other: text.append(byte)
            default: text += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
