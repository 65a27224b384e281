/// What came of it, as `--json` tells.
struct PutResult: Encodable, Sendable {
    var source: String
    var filename: String
    var size: Int64
    var sha256: String
}

struct PutFailure: Encodable, Sendable {
    var source: String
    var filename: String
    var reason: String
}
