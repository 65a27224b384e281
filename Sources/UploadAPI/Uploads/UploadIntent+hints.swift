import Ingest

extension UploadIntent {
    /// A file that a client calls `name`: a hint, which is repaired and kept as it came.
    init(
        named name: String,
        in directory: BucketPath?,
        collision: Collision,
        length: Int64? = nil,
        claims: [DigestClaim],
        contentType: String?
    ) throws {
        let repaired = FileName(repairing: name)
        self.init(
            destination: Destination(path: try BucketPath(repaired, in: directory), collision: collision),
            length: length,
            claims: claims,
            contentType: Self.recordable(contentType, limit: 255),
            originalName: Self.isSame(repaired.text, name) ? nil : Self.cut(name, limit: 1024)
        )
    }

    /// A claim about the content is kept only if it can be one.
    static func recordable(_ contentType: String?, limit: Int) -> String? {
        contentType.flatMap { $0.isEmpty || $0.utf8.count > limit ? nil : $0 }
    }

    /// By bytes: strings that differ only in composition are equal to Swift.
    private static func isSame(_ left: String, _ right: String) -> Bool {
        left.utf8.elementsEqual(right.utf8)
    }

    private static func cut(_ text: String, limit: Int) -> String {
        var text = text[...]
        while text.utf8.count > limit { text.removeLast() }
        return String(text)
    }
}
