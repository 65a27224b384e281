/// One thumbnail as the helper says it wrote it.
package struct ThumbnailOutput: Sendable, Hashable {
    package var width: UInt16
    package var height: UInt16
    /// The file's size in bytes.
    package var size: UInt32

    package init(width: UInt16, height: UInt16, size: UInt32) {
        self.width = width
        self.height = height
        self.size = size
    }

    init(from reader: inout WireReader) throws(WireError) {
        width = try reader.take()
        height = try reader.take()
        size = try reader.take()
        guard (1...Wire.maxBox).contains(width), (1...Wire.maxBox).contains(height) else { throw .invalidField }
        guard (1...Wire.maxOutputSize).contains(UInt64(size)) else { throw .invalidField }
    }

    func put(to writer: inout WireWriter) {
        writer.put(width)
        writer.put(height)
        writer.put(size)
    }
}
