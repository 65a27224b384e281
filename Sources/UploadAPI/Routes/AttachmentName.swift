import Ingest

/// The name under which a browser is to save a file (RFC 6266).
struct AttachmentName {
    private let name: ArraySlice<UInt8>

    init(_ path: BucketPath) {
        name = path.lastComponent
    }

    /// With the name for old clients, in ASCII without what quotes would need to escape, and `filename*` (RFC 8187).
    var field: String {
        let plain = String(decoding: name, as: UTF8.self).unicodeScalars.map { scalar in
            scalar.isASCII && scalar.value >= 0x20 && scalar.value != 0x7F && !"\"\\%".unicodeScalars.contains(scalar)
                ? Character(scalar) : "_"
        }
        let encoded = BucketPath(recorded: Array(name)).percentEncoded
        return "attachment; filename=\"\(String(plain))\"; filename*=UTF-8''\(encoded)"
    }
}
