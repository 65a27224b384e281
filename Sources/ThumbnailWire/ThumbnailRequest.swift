/// Asks for thumbnails of one image.
///
/// Its datagram carries `1 + boxes.count` descriptors (SCM_RIGHTS): the source, open for reading, then one empty file
/// open for writing per box, in the order of `boxes`.
package struct ThumbnailRequest: Sendable, Hashable {
    /// Told again by the reply.
    package var id: UInt64
    package var format: ThumbnailFormat
    /// 1 to 100.
    package var quality: UInt8
    /// Sides in pixels of the squares the thumbnails must fit in; smaller images are not enlarged.
    package var boxes: [UInt16]
    package var limits: DecodeLimits

    package init(
        id: UInt64,
        format: ThumbnailFormat,
        quality: UInt8,
        boxes: [UInt16],
        limits: DecodeLimits
    ) {
        self.id = id
        self.format = format
        self.quality = quality
        self.boxes = boxes
        self.limits = limits
    }

    package init(decoding message: [UInt8]) throws(WireError) {
        var reader = WireReader(message)
        try reader.takeHeader(of: .request)
        id = try reader.take()
        guard let format = ThumbnailFormat(rawValue: try reader.take()) else { throw .invalidField }
        self.format = format
        quality = try reader.take()
        guard (1...100).contains(quality) else { throw .invalidField }
        limits = try DecodeLimits(from: &reader)
        let count = Int(try reader.take(UInt8.self))
        guard (1...Wire.maxOutputs).contains(count) else { throw .invalidField }
        boxes = []
        for _ in 0..<count {
            let box: UInt16 = try reader.take()
            guard (1...Wire.maxBox).contains(box) else { throw .invalidField }
            boxes.append(box)
        }
        try reader.end()
    }

    package func encoded() -> [UInt8] {
        var writer = WireWriter(.request)
        writer.put(id)
        writer.put(format.rawValue)
        writer.put(quality)
        limits.put(to: &writer)
        writer.put(UInt8(boxes.count))
        for box in boxes {
            writer.put(box)
        }
        return writer.bytes
    }
}
