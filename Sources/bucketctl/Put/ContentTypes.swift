/// What a file is declared to be, by the ending of its name.
enum ContentTypes {
    private static let known: [String: String] = [
        "avif": "image/avif", "bz2": "application/x-bzip2", "css": "text/css", "csv": "text/csv",
        "flac": "audio/flac", "gif": "image/gif", "gz": "application/gzip", "heic": "image/heic",
        "html": "text/html", "jpeg": "image/jpeg", "jpg": "image/jpeg", "js": "text/javascript",
        "json": "application/json", "log": "text/plain", "md": "text/markdown", "mkv": "video/matroska",
        "mov": "video/quicktime", "mp3": "audio/mpeg", "mp4": "video/mp4", "ogg": "audio/ogg",
        "pdf": "application/pdf", "png": "image/png", "svg": "image/svg+xml", "tar": "application/x-tar",
        "tif": "image/tiff", "tiff": "image/tiff", "txt": "text/plain", "wav": "audio/vnd.wave",
        "webm": "video/webm", "webp": "image/webp", "xml": "application/xml", "xz": "application/x-xz",
        "zip": "application/zip", "zst": "application/zstd",
    ]

    /// Nil where the ending says nothing.
    static func type(of name: String) -> String? {
        let last = name.slashSeparated().last ?? ""
        guard let dot = last.lastIndex(of: ".") else { return nil }
        return known[last[last.index(after: dot)...].lowercased()]
    }
}
