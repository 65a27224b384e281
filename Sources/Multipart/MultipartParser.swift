/// The streaming parser of a `multipart/form-data` body (RFC 7578, RFC 2046 section 5.1).
///
/// It does no I/O. Push a chunk, take `next()` until it is nil, push the next chunk; call `finish()` at the end of the
/// body. Content is handed out as slices of the chunk, without copying. The work is linear in the bytes pushed, whatever
/// they are, and what is kept between chunks is at most one header block or one delimiter. After an error every call
/// throws it again.
///
/// Lines end in CR LF only; folded part headers are refused. The events of a body do not depend on how it is cut into
/// chunks, but for where `data` is cut.
package struct MultipartParser: Sendable {
    enum State {
        /// The preamble while `parts` is 0, else content of a part.
        case content
        /// A delimiter has ended the part.
        case partEnd(close: Bool)
        case headers
        case end
        /// After the close delimiter, on its line; then after its line end.
        case closeLine(carriageReturn: Bool)
        case epilogue
        case failed(MultipartError)
    }

    let delimiter: Delimiter
    let limits: MultipartLimits
    var state = State.content
    /// What is left of the pushed chunk.
    var input: ArraySlice<UInt8> = []
    /// Parts begun.
    var parts = 0
    /// Bytes of the preamble, or of the epilogue.
    var ignored = 0

    /// A delimiter that may have begun.
    var progress = DelimiterProgress.afterLineEnd
    /// The blanks of `progress`.
    var padding: [UInt8] = []
    /// The part of the delimiter's line that turned out to be content and is to be handed out before more is read.
    var released = 0..<0
    /// Whether `padding` follows it.
    var releasesPadding = false

    var header = PartHeaderBlock()

    /// Bytes compared with the delimiter besides the one pass over the content: never more than were pushed.
    package private(set) var bytesCompared = 0

    package init(boundary: MultipartBoundary, limits: MultipartLimits = MultipartLimits()) {
        delimiter = Delimiter(boundary)
        self.limits = limits
        padding.reserveCapacity(Delimiter.maximumPadding)
    }

    /// Hands in the body's next bytes.
    ///
    /// `next()` must have returned nil for the bytes before.
    package mutating func push(_ bytes: ArraySlice<UInt8>) {
        if case .failed = state { return }
        precondition(input.isEmpty, "push(_:) before next() returned nil")
        input = bytes
    }

    /// The next event, or nil when more bytes are wanted.
    package mutating func next() throws(MultipartError) -> MultipartEvent? {
        do {
            while true {
                switch try step() {
                case .event(let event): return event
                case .again: continue
                case .starved:
                    input = []  // lets go of the caller's chunk
                    return nil
                }
            }
        } catch {
            throw fail(error)
        }
    }

    /// Tells that the body has ended, after `next()` returned nil.
    ///
    /// Throws `truncated` unless the close delimiter was seen.
    package mutating func finish() throws(MultipartError) {
        precondition(input.isEmpty, "finish() before next() returned nil")
        switch state {
        case .closeLine, .epilogue: return
        case .failed(let error): throw error
        default: throw fail(MultipartError(.truncated, "The body ends before its close delimiter."))
        }
    }

    enum Step {
        case event(MultipartEvent)
        case again
        case starved
    }

    private mutating func step() throws(MultipartError) -> Step {
        switch state {
        case .content:
            return try content()
        case .partEnd(let close):
            try enter(close: close)
            return .event(.partEnd)
        case .headers:
            return try headers()
        case .end:
            state = .closeLine(carriageReturn: false)
            return .event(.end)
        case .closeLine, .epilogue:
            return try epilogue()
        case .failed(let error):
            throw error
        }
    }

    mutating func search() -> Delimiter.Found {
        input.withUnsafeBytes { delimiter.search($0, compared: &bytesCompared) }
    }

    private mutating func fail(_ error: MultipartError) -> MultipartError {
        state = .failed(error)
        input = []
        return error
    }
}
