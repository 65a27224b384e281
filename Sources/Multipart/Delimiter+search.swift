extension Delimiter {
    /// Where the next delimiter of a chunk is.
    enum Found {
        /// Nowhere, and none can begin in this chunk.
        case none
        /// It may begin at this offset and go on in the next chunk.
        case partial(Int)
        /// It lies there, line end included.
        case complete(Range<Int>, close: Bool)
    }

    /// Searches for the first delimiter.
    ///
    /// `compared` is raised by the bytes that were looked at beyond one pass over the chunk.
    func search(_ bytes: UnsafeRawBufferPointer, compared: inout Int) -> Found {
        line.withUnsafeBytes { line in
            guard let base = bytes.baseAddress, let line = line.baseAddress else { return .none }
            var search = DelimiterSearch(bytes: base, end: bytes.count, line: line, count: count)
            let found = search.run()
            compared += search.compared
            return found
        }
    }
}
