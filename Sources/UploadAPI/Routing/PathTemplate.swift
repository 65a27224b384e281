/// The shape of a route's path, written as in OpenAPI: `/jobs/{id}/retry`.
///
/// `{path}` stands for one or more segments, `{directory}` (before a final slash) for none or more, any other name for
/// exactly one.
struct PathTemplate: Hashable, Sendable {
    private enum Piece: Hashable {
        case literal([UInt8])
        case segment
        case path
        case directory
    }

    let text: String
    private let pieces: [Piece]

    init(_ text: String) {
        self.text = text
        var pieces = text.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map { segment in
            switch segment {
            case "{path}": Piece.path
            case "{directory}": Piece.directory
            case _ where segment.hasPrefix("{"): Piece.segment
            default: Piece.literal(Array(segment.utf8))
            }
        }
        if pieces.dropLast().last == .directory {
            // Its final slash is the empty segment that makes it a directory.
            pieces.removeLast()
        }
        self.pieces = pieces
    }

    /// The segments that the names stand for; nil if the path has another shape.
    func captures(of segments: [[UInt8]]) -> [[UInt8]]? {
        var captured: [[UInt8]] = []
        var rest = segments[...]
        for piece in pieces {
            switch piece {
            case .path:
                guard let last = rest.last, !last.isEmpty else { return nil }
                return captured + rest
            case .directory:
                guard let last = rest.last, last.isEmpty else { return nil }
                return captured + rest.dropLast()
            case .segment:
                guard let segment = rest.popFirst(), !segment.isEmpty else { return nil }
                captured.append(segment)
            case .literal(let literal):
                guard rest.popFirst() == literal else { return nil }
            }
        }
        return rest.isEmpty ? captured : nil
    }
}
