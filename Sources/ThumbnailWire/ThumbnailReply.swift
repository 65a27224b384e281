/// How a request ended, and what was made.
package struct ThumbnailReply: Sendable, Hashable {
    /// The id of the request.
    package var id: UInt64
    package var status: ThumbnailStatus
    /// What the source's header says; nil when it could not be read, or was not looked at.
    package var source: SourceImage?
    /// One per box of the request and in its order when the status is `ok`, else empty.
    package var outputs: [ThumbnailOutput]
    /// The decoder's own words, for the log.
    package var message: PrintableText

    package init(
        id: UInt64,
        status: ThumbnailStatus,
        source: SourceImage? = nil,
        outputs: [ThumbnailOutput] = [],
        message: PrintableText = PrintableText(sanitizing: "")
    ) {
        self.id = id
        self.status = status
        self.source = source
        self.outputs = outputs
        self.message = message
    }

    package init(decoding bytes: [UInt8]) throws(WireError) {
        var reader = WireReader(bytes)
        try reader.takeHeader(of: .reply)
        id = try reader.take()
        status = try ThumbnailStatus(from: &reader)
        switch try reader.take(UInt8.self) {
        case 0: source = nil
        case 1: source = try SourceImage(from: &reader)
        default: throw .invalidField
        }
        let count = Int(try reader.take(UInt8.self))
        guard count <= Wire.maxOutputs, (count > 0) == (status == .ok) else { throw .invalidField }
        outputs = []
        for _ in 0..<count {
            outputs.append(try ThumbnailOutput(from: &reader))
        }
        guard status != .ok || source != nil else { throw .invalidField }
        message = try reader.takeText()
        try reader.end()
    }

    package func encoded() -> [UInt8] {
        var writer = WireWriter(.reply)
        writer.put(id)
        status.put(to: &writer)
        writer.put((source == nil ? 0 : 1) as UInt8)
        source?.put(to: &writer)
        writer.put(UInt8(outputs.count))
        for output in outputs {
            output.put(to: &writer)
        }
        writer.put(message)
        return writer.bytes
    }
}
