import Ingest

/// The few types that a browser may show by itself.
enum InlineType {
    private static let types = [
        "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp",
        "avif": "image/avif", "txt": "text/plain",
    ]

    /// The type to serve a file with, if what the client declared and the name's extension agree on one of them.
    static func type(declared: String?, path: BucketPath) -> String? {
        guard let declared, let dot = path.lastComponent.lastIndex(of: UInt8(ascii: ".")) else { return nil }
        let ending = String(decoding: path.lastComponent[(dot + 1)...], as: UTF8.self).lowercased()
        let claim = declared.prefix { $0 != ";" }.trimmingBlanks().lowercased()
        guard let type = types[ending], type == claim else { return nil }
        return type == "text/plain" ? "text/plain; charset=utf-8" : type
    }
}
