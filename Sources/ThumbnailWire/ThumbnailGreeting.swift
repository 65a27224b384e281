/// The helper's first message: it is ready, and how well its decoders are locked in.
package struct ThumbnailGreeting: Sendable, Hashable {
    package var isolation: Isolation

    package init(isolation: Isolation) {
        self.isolation = isolation
    }

    package init(decoding message: [UInt8]) throws(WireError) {
        var reader = WireReader(message)
        try reader.takeHeader(of: .greeting)
        let flags: UInt8 = try reader.take()
        guard flags & ~3 == 0 else { throw .invalidField }
        let landlockABI: UInt8 = try reader.take()
        try reader.end()
        isolation = Isolation(limits: flags & 1 != 0, systemCallFilter: flags & 2 != 0, landlockABI: landlockABI)
    }

    package func encoded() -> [UInt8] {
        var writer = WireWriter(.greeting)
        writer.put((isolation.limits ? 1 : 0) | (isolation.systemCallFilter ? 2 : 0) as UInt8)
        writer.put(isolation.landlockABI)
        return writer.bytes
    }
}
