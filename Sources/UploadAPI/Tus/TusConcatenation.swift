import HTTPTypes

/// Whether an upload is a piece of another, or made of pieces (extension `concatenation`).
enum TusConcatenation: Hashable, Sendable {
    case partial
    /// Paths or URLs of the pieces, in their order; one may come more than once.
    case final([String])

    /// Pieces of one upload: each is looked at whenever another becomes whole.
    static let pieceLimit = 256

    /// Nil for an absent field; throws 400 for anything else.
    init?(_ field: String?) throws(Problem) {
        guard let field else { return nil }
        let text = field.trimmingBlanks()
        guard text != "partial" else {
            self = .partial
            return
        }
        guard text.hasPrefix("final;") else { throw Self.malformed }
        let pieces = text.dropFirst("final;".count).split(separator: " ").map(String.init)
        guard !pieces.isEmpty else { throw Self.malformed }
        guard pieces.count <= Self.pieceLimit else {
            throw Problem.tusField(.uploadConcat, "An upload consists of at most \(Self.pieceLimit) pieces.")
        }
        self = .final(pieces)
    }

    private static let malformed = Problem.tusField(
        .uploadConcat,
        "It is partial, or final; with the URLs of the pieces, separated by blanks."
    )
}
