import Ingest

/// Where a listing goes on: the last path shown, as text that survives a URL's query with and without encoding.
///
/// A path with `~XX` for every byte that is no letter, digit, dot, dash, underscore or slash. A plain path does too, as
/// long as it holds no `~`.
enum PathCursor {
    static func text(_ path: BucketPath) -> String {
        // In this order: the encoding leaves tildes as they are.
        path.percentEncoded.replacing("~", with: "~7E").replacing("%", with: "~")
    }

    static func path(_ text: String) throws(Problem) -> BucketPath {
        guard let bytes = PercentDecoding.bytes(text.utf8, escape: UInt8(ascii: "~")) else {
            throw Problem.parameter("after", "It is a value of next, or a path with ~7E for every tilde.")
        }
        return BucketPath(recorded: bytes)
    }
}
