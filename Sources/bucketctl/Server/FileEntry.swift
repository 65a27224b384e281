/// A file as the server tells of it.
struct FileEntry: Codable, Hashable, Sendable {
    var filename: String
    var url: String
    var size: Int64
    var contentType: String?
    /// Missing where nobody vouches for the content.
    var sha256: String?
    var digests: [String: String]?
    var uploadedAt: String
    var originalName: String?
    var foreign: Bool?
    var changedOutside: Bool?
    var corrupt: Bool?
    var thumbnails: [String: String]?
    var jobs: [JobEntry]?

    /// Whether it was changed after it was stored, so that the digest it had then is not its own any more.
    var isChanged: Bool { changedOutside == true && sha256 == nil }
}

struct FilePage: Codable, Sendable {
    var files: [FileEntry]
    var next: String?
}
