/// One search for a delimiter; the pointers are valid for as long as it runs.
///
/// Sixteen bytes at a time, whatever the content: a loop around `memchr` for CR is faster on random bytes, and twenty
/// times slower than that on a file of CRs.
struct DelimiterSearch {
    let bytes: UnsafeRawPointer
    let end: Int
    let line: UnsafeRawPointer
    let count: Int
    private(set) var compared = 0

    /// No delimiter begins before this offset.
    private var resume = 0
    private let filter: DelimiterFilter

    init(bytes: UnsafeRawPointer, end: Int, line: UnsafeRawPointer, count: Int) {
        self.bytes = bytes
        self.end = end
        self.line = line
        self.count = count
        filter = DelimiterFilter(line, count: count)
    }

    mutating func run() -> Delimiter.Found {
        var offset = 0
        // The filter reads up to `count` bytes from each of 32 offsets.
        let last = end - 31 - count
        while offset < last {
            let block = bytes + offset
            guard filter.hasCarriageReturn(block) else {
                offset &+= 32
                continue
            }
            if let found = check(filter.candidates(block), from: offset) { return found }
            if let found = check(filter.candidates(block + 16), from: offset &+ 16) { return found }
            offset = max(offset &+ 32, resume)
        }
        offset = max(offset, resume)
        while offset < end {
            if bytes.load(fromByteOffset: offset, as: UInt8.self) == ASCII.carriageReturn {
                if let found = match(at: offset) { return found }
                offset = resume
            } else {
                offset &+= 1
            }
        }
        return .none
    }

    @inline(__always)
    private mutating func check(_ candidates: SIMD2<UInt64>, from offset: Int) -> Delimiter.Found? {
        if candidates[0] | candidates[1] == 0 { return nil }
        for half in 0..<2 {
            var flags = candidates[half]
            while flags != 0 {
                let candidate = offset &+ half &* 8 &+ flags.trailingZeroBitCount >> 3
                flags &= flags &- 1
                if candidate >= resume, let found = match(at: candidate) { return found }
            }
        }
        return nil
    }

    /// Compares the whole delimiter; sets `resume` when it is none.
    private mutating func match(at start: Int) -> Delimiter.Found? {
        let matched = commonPrefix(start)
        var offset = start &+ matched
        compared &+= matched
        resume = max(offset, start &+ 1)
        if offset == end { return .partial(start) }
        if matched < count { return nil }

        var byte = bytes.load(fromByteOffset: offset, as: UInt8.self)
        if byte == ASCII.hyphen {
            offset &+= 1
            if offset == end { return .partial(start) }
            compared &+= 1
            resume = offset
            let closes = bytes.load(fromByteOffset: offset, as: UInt8.self) == ASCII.hyphen
            return closes ? .complete(start..<offset &+ 1, close: true) : nil
        }
        let mostPadded = offset &+ Delimiter.maximumPadding
        while ASCII.isBlank(byte) {
            if offset == mostPadded { break }
            offset &+= 1
            if offset == end { return .partial(start) }
            byte = bytes.load(fromByteOffset: offset, as: UInt8.self)
        }
        compared &+= offset &- resume
        resume = offset
        guard byte == ASCII.carriageReturn else { return nil }
        offset &+= 1
        if offset == end { return .partial(start) }
        compared &+= 1
        resume = offset
        let endsLine = bytes.load(fromByteOffset: offset, as: UInt8.self) == ASCII.lineFeed
        return endsLine ? .complete(start..<offset &+ 1, close: false) : nil
    }

    /// How many bytes at `start` are the delimiter's.
    @inline(__always)
    private func commonPrefix(_ start: Int) -> Int {
        let limit = min(count, end &- start)
        var offset = 0
        while offset &+ 8 <= limit {
            let one = (bytes + (start &+ offset)).loadUnaligned(as: UInt64.self).littleEndian
            let other = (line + offset).loadUnaligned(as: UInt64.self).littleEndian
            if one != other { return offset &+ (one ^ other).trailingZeroBitCount >> 3 }
            offset &+= 8
        }
        while offset < limit,
            bytes.load(fromByteOffset: start &+ offset, as: UInt8.self)
                == line.load(fromByteOffset: offset, as: UInt8.self)
        {
            offset &+= 1
        }
        return offset
    }
}
