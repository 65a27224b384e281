/// A request line and its fields where the library keeps them; valid during the library's call only.
struct RequestHead {
    struct Field {
        let name: UnsafeRawBufferPointer
        let value: UnsafeRawBufferPointer
    }

    let method: UnsafeRawBufferPointer
    /// The target as it was before the library cut its query off.
    let target: [UInt8]
    let version: UnsafeRawBufferPointer
    var fields: [Field] = []

    var isHTTP11: Bool { !version.elementsEqual("HTTP/1.0".utf8) }

    init(method: UnsafeRawBufferPointer, target: [UInt8], version: UnsafeRawBufferPointer) {
        self.method = method
        self.target = target
        self.version = version
        fields.reserveCapacity(16)
    }

    func values(_ name: StaticString) -> [UnsafeRawBufferPointer] {
        fields.filter { Self.equal($0.name, name) }.map(\.value)
    }

    /// Whether ASCII letters and the other bytes are the same, case aside.
    ///
    /// `lowercase` holds no upper-case letter.
    static func equal(_ bytes: UnsafeRawBufferPointer, _ lowercase: StaticString) -> Bool {
        guard bytes.count == lowercase.utf8CodeUnitCount else { return false }
        for index in 0..<bytes.count {
            var byte = bytes[index]
            if byte >= UInt8(ascii: "A"), byte <= UInt8(ascii: "Z") { byte |= 0x20 }
            if byte != lowercase.utf8Start[index] { return false }
        }
        return true
    }
}
