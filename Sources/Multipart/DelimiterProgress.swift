/// How much of a delimiter has been matched, byte by byte.
struct DelimiterProgress {
    enum Step {
        /// It may still become a delimiter.
        case more
        /// It is one, and this byte is its last.
        case complete(close: Bool)
        /// It is none. The byte was not taken, except for a CR taken before it, which stays as content.
        case mismatch
    }

    /// Bytes of `Delimiter.line` matched, `phantom` included.
    private(set) var matched = 0
    /// Bytes of the CR LF that was there before, no content if the delimiter fails.
    ///
    /// Present at the start of the body, and after the blank line of a part's headers, because some senders end an
    /// empty part without a line end of its own.
    private(set) var phantom = 0
    /// Blanks after the boundary.
    private(set) var padding = 0
    /// A CR after the boundary and its padding.
    private(set) var endsInCarriageReturn = false

    static let none = DelimiterProgress()

    static let afterLineEnd: DelimiterProgress = {
        var progress = DelimiterProgress()
        progress.matched = 2
        progress.phantom = 2
        return progress
    }()

    /// The state after `matched` bytes of the line without phantom bytes.
    init(matched: Int = 0) {
        self.matched = matched
    }

    var isEmpty: Bool { matched == 0 }

    mutating func take(_ byte: UInt8, of delimiter: borrowing Delimiter) -> Step {
        if endsInCarriageReturn {
            return byte == ASCII.lineFeed ? .complete(close: false) : .mismatch
        }
        if matched < delimiter.count {
            guard byte == delimiter.line[matched] else { return .mismatch }
            matched += 1
            return .more
        }
        if matched > delimiter.count {
            return byte == ASCII.hyphen ? .complete(close: true) : .mismatch
        }
        switch byte {
        case ASCII.carriageReturn:
            endsInCarriageReturn = true
        case ASCII.hyphen where padding == 0:
            matched += 1
        case ASCII.space, ASCII.tab:
            guard padding < Delimiter.maximumPadding else { return .mismatch }
            padding += 1
        default:
            return .mismatch
        }
        return .more
    }
}
