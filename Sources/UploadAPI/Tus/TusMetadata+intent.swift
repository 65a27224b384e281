import Ingest

extension UploadIntent {
    /// The file that an upload of a tus client becomes; a name from its metadata is a hint, which is repaired.
    init(
        tus metadata: TusMetadata?,
        in directory: BucketPath?,
        collision: Collision,
        length: Int64?,
        claims: [DigestClaim]
    ) throws {
        var folder = directory
        var name = metadata?.filename ?? ""
        if let relativePath = metadata?.relativePath {
            let components = relativePath.split(separator: "/").map(String.init)
            for component in components.dropLast() where component != "." && component != ".." {
                folder = try BucketPath(FileName(repairing: component), in: folder)
            }
            name = name.isEmpty ? components.last ?? "" : name
        }
        try self.init(
            named: name,
            in: folder,
            collision: collision,
            length: length,
            claims: claims,
            contentType: metadata?.contentType
        )
    }
}
