extension MultipartParser {
    /// Goes on behind a delimiter: to the next part's headers, or to the end.
    mutating func enter(close: Bool) throws(MultipartError) {
        guard !close else {
            ignored = 0
            state = .end
            return
        }
        guard parts < limits.parts else {
            throw MultipartError(
                .tooManyParts,
                "The form has more than \(limits.parts) parts.",
                limit: limits.parts
            )
        }
        header.reset()
        state = .headers
    }

    mutating func headers() throws(MultipartError) -> Step {
        guard let (headers, end) = try header.take(input, limits: limits) else {
            input = []
            return .starved
        }
        input = input[end...]
        parts += 1
        progress = .afterLineEnd
        state = .content
        return .event(.partBegin(headers))
    }

    /// Counts what follows the close delimiter, and drops it.
    mutating func epilogue() throws(MultipartError) -> Step {
        guard !input.isEmpty else { return .starved }
        guard case .closeLine(let carriageReturn) = state, let byte = input.popFirst() else {
            try ignore(input.count)
            input = []
            return .starved
        }
        switch (carriageReturn, byte) {
        case (true, ASCII.lineFeed): state = .epilogue
        case (false, ASCII.carriageReturn): state = .closeLine(carriageReturn: true)
        case (false, ASCII.space), (false, ASCII.tab): break
        default:
            throw MultipartError(.malformedClose, "Something follows the close delimiter on its line.")
        }
        try ignore(1)
        return .again
    }

    private mutating func ignore(_ count: Int) throws(MultipartError) {
        ignored += count
        guard ignored <= limits.epilogue else {
            throw MultipartError(
                .epilogueTooLarge,
                "More than \(limits.epilogue) bytes follow the close delimiter.",
                limit: limits.epilogue
            )
        }
    }
}
