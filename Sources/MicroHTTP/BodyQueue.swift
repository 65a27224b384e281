/// Body bytes between the library's thread and the handler, in large chunks whatever size they arrive in.
///
/// What the handler has been lent is kept too: once it comes back for more, its storage is used again if it is large, so
/// a fast upload goes round in the same few buffers.
struct BodyQueue: Sendable {
    /// The largest chunk that is handed over, bytes.
    static let chunkLimit = 768 << 10
    /// Storage of fewer bytes is not kept: thousands of slow uploads would hold it for nothing.
    private static let leastSpare = 16 << 10

    private var full: [[UInt8]] = []
    private var filling: [UInt8] = []
    private var lent: [UInt8] = []
    /// Storage that came back while another chunk was filling.
    private var spare: [UInt8] = []
    /// Bytes that wait for the handler.
    private(set) var count = 0
    /// Bytes of the chunk the handler has.
    private(set) var lentCount = 0

    var isEmpty: Bool { count == 0 }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        if !filling.isEmpty, filling.count + bytes.count > Self.chunkLimit {
            full.append(filling)
            filling = spare
            spare = []
        }
        filling.append(contentsOf: bytes)
        count += bytes.count
    }

    /// The chunk lent before comes back; how many bytes that frees.
    mutating func takeBack() -> Int {
        defer { lentCount = 0 }
        return lentCount
    }

    /// The next chunk, or nil when there is none; then the queue owns no storage any more.
    mutating func next() -> [UInt8]? {
        guard count > 0 else {
            lent = []
            filling = []
            spare = []
            return nil
        }
        // If the handler still holds the old chunk this makes new storage, else it reuses that.
        var returned = lent.capacity >= Self.leastSpare ? lent : []
        lent = []
        returned.removeAll(keepingCapacity: true)
        if full.isEmpty {
            lent = filling
            filling = returned
        } else {
            lent = full.removeFirst()
            spare = returned
        }
        count -= lent.count
        lentCount = lent.count
        return lent
    }

    mutating func removeAll() {
        self = BodyQueue()
    }
}
