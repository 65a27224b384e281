/// The lines of one part's headers, taken byte by byte.
struct PartHeaderBlock: Sendable {
    private var fields = PartHeaderFields()
    private var line: [UInt8] = []
    private var lines = 0
    private var size = 0
    private var endsInCarriageReturn = false

    /// Makes ready for the next part.
    mutating func reset() {
        fields = PartHeaderFields()
        line.removeAll(keepingCapacity: true)
        lines = 0
        size = 0
        endsInCarriageReturn = false
    }

    /// Takes bytes up to the blank line; returns the headers and the index after it, or nil when all bytes were taken
    /// and more are wanted.
    mutating func take(
        _ bytes: ArraySlice<UInt8>,
        limits: MultipartLimits
    ) throws(MultipartError) -> (headers: PartHeaders, end: Int)? {
        for index in bytes.indices {
            size += 1
            guard size <= limits.partHeaderBytes else {
                throw MultipartError(
                    .headersTooLarge,
                    "The headers of a part are longer than \(limits.partHeaderBytes) bytes.",
                    limit: limits.partHeaderBytes
                )
            }
            guard try endsLine(bytes[index]) else { continue }
            if line.isEmpty { return (try fields.headers(), index + 1) }
            lines += 1
            guard lines <= limits.partHeaders else {
                throw MultipartError(
                    .headersTooLarge,
                    "A part has more than \(limits.partHeaders) headers.",
                    limit: limits.partHeaders
                )
            }
            try fields.add(line[...])
            line.removeAll(keepingCapacity: true)
        }
        return nil
    }

    /// Whether the byte is the last of a line; else it was added to `line`.
    private mutating func endsLine(_ byte: UInt8) throws(MultipartError) -> Bool {
        if endsInCarriageReturn {
            guard byte == ASCII.lineFeed else { throw Self.bareLineEnd }
            endsInCarriageReturn = false
            return true
        }
        switch byte {
        case ASCII.carriageReturn:
            endsInCarriageReturn = true
            return false
        case ASCII.lineFeed:
            throw Self.bareLineEnd
        case 0:
            throw MultipartError(.malformedHeader, "A part header holds a NUL.")
        case _ where line.isEmpty && ASCII.isBlank(byte):
            throw MultipartError(.malformedHeader, "A part header begins with a blank; folded headers are refused.")
        default:
            line.append(byte)
            return false
        }
    }

    private static let bareLineEnd = MultipartError(
        .bareLineEnd,
        "A line of a part's headers does not end in CR LF."
    )
}
