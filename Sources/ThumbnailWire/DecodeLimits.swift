/// What one decoding may cost.
package struct DecodeLimits: Sendable, Hashable {
    /// Pixels of the first frame or page, the only one that is decoded; by the header, and checked before.
    package var pixels: UInt64
    /// Bytes of the source file.
    package var sourceSize: UInt64
    /// Address space of the decoding process, in bytes (RLIMIT_AS).
    package var memory: UInt64
    /// Wall time in milliseconds until the decoding process is killed.
    package var milliseconds: UInt32

    package init(
        pixels: UInt64 = 100_000_000,
        sourceSize: UInt64 = 512 << 20,
        memory: UInt64 = 1 << 30,
        milliseconds: UInt32 = 30_000
    ) {
        self.pixels = pixels
        self.sourceSize = sourceSize
        self.memory = memory
        self.milliseconds = milliseconds
    }

    init(from reader: inout WireReader) throws(WireError) {
        pixels = try reader.take()
        sourceSize = try reader.take()
        memory = try reader.take()
        milliseconds = try reader.take()
        guard pixels > 0, sourceSize > 0, memory > 0, milliseconds > 0 else { throw .invalidField }
        // `poll` takes its timeout as a signed 32-bit number.
        guard milliseconds <= UInt32(Int32.max) / 2 else { throw .invalidField }
    }

    func put(to writer: inout WireWriter) {
        writer.put(pixels)
        writer.put(sourceSize)
        writer.put(memory)
        writer.put(milliseconds)
    }
}
