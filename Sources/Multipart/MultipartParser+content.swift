extension MultipartParser {
    /// Content up to the next delimiter, or bytes of the preamble dropped.
    mutating func content() throws(MultipartError) -> Step {
        if !released.isEmpty {
            let bytes = delimiter.line[released]
            released = 0..<0
            return try deliver(bytes)
        }
        if releasesPadding {
            releasesPadding = false
            return try deliver(padding[...])
        }
        if input.isEmpty { return .starved }
        if !progress.isEmpty { return try resume() }

        let bytes = input
        switch search() {
        case .none:
            input = []
            return try deliver(bytes)
        case .partial(let offset):
            let start = bytes.startIndex + offset
            progress = DelimiterProgress(matched: 1)
            input = bytes[(start + 1)...]
            return try deliver(bytes[..<start])
        case .complete(let range, let close):
            input = bytes[(bytes.startIndex + range.upperBound)...]
            let step = try deliver(bytes[..<(bytes.startIndex + range.lowerBound)])
            try delimiterEnds(close: close)
            return step
        }
    }

    /// Goes on with a delimiter that began in an earlier chunk, or before the chunk's first byte.
    private mutating func resume() throws(MultipartError) -> Step {
        var index = input.startIndex
        while index < input.endIndex {
            let byte = input[index]
            let blanks = progress.padding
            switch progress.take(byte, of: delimiter) {
            case .more:
                if progress.padding > blanks { keepPadding(byte) }
                index += 1
            case .complete(let close):
                input = input[(index + 1)...]
                progress = .none
                try delimiterEnds(close: close)
                return .again
            case .mismatch:
                input = input[index...]
                try release(before: byte)
                return .again
            }
        }
        input = []
        return .starved
    }

    private mutating func keepPadding(_ blank: UInt8) {
        // Cleared no sooner than this: until now its bytes may have been on their way to the caller.
        if progress.padding == 1 { padding.removeAll(keepingCapacity: true) }
        padding.append(blank)
    }

    /// Turns what was taken for a delimiter into content; `byte` is what did not fit.
    private mutating func release(before byte: UInt8) throws(MultipartError) {
        let isWhole = progress.matched == delimiter.count && !progress.endsInCarriageReturn
        if byte == ASCII.lineFeed, isWhole, parts == 0, progress.phantom > 0 {
            throw MultipartError(.bareLineEnd, "The lines of the body end in LF; they must end in CR LF.")
        }
        released = progress.phantom..<progress.matched
        releasesPadding = progress.padding > 0
        progress = progress.endsInCarriageReturn ? DelimiterProgress(matched: 1) : .none
    }

    private mutating func deliver(_ bytes: ArraySlice<UInt8>) throws(MultipartError) -> Step {
        if bytes.isEmpty { return .again }
        if parts > 0 { return .event(.data(bytes)) }
        ignored += bytes.count
        guard ignored <= limits.preamble else {
            throw MultipartError(
                .preambleTooLarge,
                "The boundary does not appear in the first \(limits.preamble) bytes of the body.",
                limit: limits.preamble
            )
        }
        return .again
    }

    private mutating func delimiterEnds(close: Bool) throws(MultipartError) {
        if parts > 0 {
            state = .partEnd(close: close)
        } else {
            try enter(close: close)
        }
    }
}
