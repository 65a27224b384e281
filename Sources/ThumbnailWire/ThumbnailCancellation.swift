/// Asks the helper to end a request's decoder; the reply says `cancelled`, or how it ended before.
package struct ThumbnailCancellation: Sendable, Hashable {
    /// The id of the request.
    package var id: UInt64

    package init(id: UInt64) {
        self.id = id
    }

    package init(decoding message: [UInt8]) throws(WireError) {
        var reader = WireReader(message)
        try reader.takeHeader(of: .cancellation)
        id = try reader.take()
        try reader.end()
    }

    package func encoded() -> [UInt8] {
        var writer = WireWriter(.cancellation)
        writer.put(id)
        return writer.bytes
    }
}
