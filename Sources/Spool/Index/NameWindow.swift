import Glibc

/// The least names of a directory beyond one that was reached, as many as a budget of memory takes.
///
/// A directory tells its names in no order, and may have millions: it is read once for every window, and each window
/// keeps what comes next in the order of whole paths. The order is that of bytes, a directory's name being followed by
/// the slash that its files' paths have there.
struct NameWindow: Sendable {
    /// Names one after the other, each ended by a NUL, which no name holds.
    private var bytes: [UInt8] = []
    /// Where each name begins.
    private var starts: [UInt32] = []
    private var next = 0
    /// The last name of the window before, ended by a NUL.
    private let lower: [UInt8]?
    /// Once some were dropped: the last that was kept, ended by a NUL.
    private var upper: [UInt8]?
    private let capacity: Int

    /// A window of `capacity` bytes, of names beyond `last`: one that the window before returned, or nil.
    init(after last: [UInt8]?, capacity: Int) {
        lower = last.map { $0 + [0] }
        self.capacity = capacity
    }

    /// Whether the directory has names beyond those of the window.
    var isCut: Bool { upper != nil }

    /// Bytes in use.
    var size: Int { bytes.count + starts.count * MemoryLayout<UInt32>.stride }

    /// Takes a name, which has no NUL, into account.
    mutating func insert(_ name: UnsafeRawBufferPointer, isDirectory: Bool) {
        let start = bytes.count
        bytes.append(contentsOf: name)
        if isDirectory {
            bytes.append(UInt8(ascii: "/"))
        }
        bytes.append(0)
        guard isWithin(start) else {
            bytes.removeSubrange(start...)
            return
        }
        starts.append(UInt32(start))
        if size > capacity, starts.count > 1 {
            drop()
        }
    }

    /// To be called once, when all names were told.
    mutating func sort() {
        // A local, because the elements are compared by what another property holds.
        var order = starts
        starts = []
        bytes.withUnsafeBytes { bytes in
            order.sort { Self.compare(bytes, Int($0), bytes, Int($1)) < 0 }
        }
        starts = order
    }

    /// The next name of the sorted window; one that ends with a slash is a directory's.
    mutating func pop() -> [UInt8]? {
        guard next < starts.count else { return nil }
        defer { next += 1 }
        return name(at: next)
    }

    private func name(at place: Int) -> [UInt8] {
        Array(bytes[Int(starts[place])...].prefix { $0 != 0 })
    }

    private func isWithin(_ start: Int) -> Bool {
        bytes.withUnsafeBytes { bytes in
            if let lower, lower.withUnsafeBytes({ Self.compare(bytes, start, $0, 0) }) <= 0 {
                return false
            }
            if let upper, upper.withUnsafeBytes({ Self.compare(bytes, start, $0, 0) }) > 0 {
                return false
            }
            return true
        }
    }

    /// Keeps the lesser half, so that the next drop comes after as many names again.
    private mutating func drop() {
        sort()
        var kept: [UInt8] = []
        kept.reserveCapacity(bytes.count / 2 + 256)
        var keptStarts: [UInt32] = []
        var last: [UInt8] = []
        for place in 0..<max(1, starts.count / 2) {
            last = name(at: place) + [0]
            keptStarts.append(UInt32(kept.count))
            kept += last
        }
        upper = last
        bytes = kept
        starts = keptStarts
    }

    /// As strcmp(3), which compares bytes as unsigned.
    private static func compare(
        _ left: UnsafeRawBufferPointer,
        _ leftStart: Int,
        _ right: UnsafeRawBufferPointer,
        _ rightStart: Int
    ) -> CInt {
        guard let left = left.baseAddress, let right = right.baseAddress else { return 0 }
        return strcmp(
            (left + leftStart).assumingMemoryBound(to: CChar.self),
            (right + rightStart).assumingMemoryBound(to: CChar.self)
        )
    }
}
