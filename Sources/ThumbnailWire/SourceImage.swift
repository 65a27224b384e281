/// The source as its header describes it, before its orientation is applied.
package struct SourceImage: Sendable, Hashable {
    package var format: ImageFormat
    package var width: UInt32
    package var height: UInt32
    package var pages: UInt32

    package init(format: ImageFormat, width: UInt32, height: UInt32, pages: UInt32) {
        self.format = format
        self.width = width
        self.height = height
        self.pages = pages
    }

    init(from reader: inout WireReader) throws(WireError) {
        guard let format = ImageFormat(rawValue: try reader.take()) else { throw .invalidField }
        self.format = format
        width = try reader.take()
        height = try reader.take()
        pages = try reader.take()
        guard width > 0, height > 0, pages > 0 else { throw .invalidField }
    }

    func put(to writer: inout WireWriter) {
        writer.put(format.rawValue)
        writer.put(width)
        writer.put(height)
        writer.put(pages)
    }
}
