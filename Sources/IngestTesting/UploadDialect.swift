import FoundationEssentials

/// A protocol for uploads of several requests, as its clients speak it.
package enum UploadDialect: String, Sendable, CaseIterable {
    /// tus 1.0.0.
    case tus
    /// Resumable Uploads for HTTP, the newest draft.
    case draft

    package struct Request: Sendable {
        package var method: String
        package var target: String
        package var fields: [(String, String)]
        package var body: [UInt8] = []
    }

    /// The beginning of an upload of `length` bytes into the bucket's root; `content` are the first of them.
    package func creation(of name: String, length: Int, content: ArraySlice<UInt8> = []) -> Request {
        switch self {
        case .tus:
            var fields = [Self.tusVersion, ("Upload-Length", "\(length)"), Self.metadata(name)]
            if !content.isEmpty { fields.append(Self.tusContent) }
            return Request(method: "POST", target: "/files", fields: fields, body: Array(content))
        case .draft:
            let fields = Draft.newest.fields(
                completes: content.count == length,
                [
                    "Upload-Length": "\(length)", "Content-Type": "application/octet-stream",
                    "Content-Disposition": "inline; filename=\"\(name)\"",
                ]
            )
            return Request(method: "POST", target: "/files", fields: Self.sorted(fields), body: Array(content))
        }
    }

    /// More of an upload of `length` bytes.
    package func append(_ content: ArraySlice<UInt8>, to upload: String, at offset: Int, of length: Int) -> Request {
        switch self {
        case .tus:
            let fields = [Self.tusVersion, Self.tusContent, ("Upload-Offset", "\(offset)")]
            return Request(method: "PATCH", target: upload, fields: fields, body: Array(content))
        case .draft:
            let fields = Draft.newest.append(at: offset, completes: offset + content.count == length)
            return Request(method: "PATCH", target: upload, fields: Self.sorted(fields), body: Array(content))
        }
    }

    /// Of the answer to content of a new file.
    package func status(ofAppendThatIsLast isLast: Bool) -> Int { self == .draft && isLast ? 201 : 204 }

    /// Where the upload stands.
    package func query(_ upload: String) -> Request {
        switch self {
        case .tus: Request(method: "HEAD", target: upload, fields: [Self.tusVersion])
        case .draft: Request(method: "HEAD", target: upload, fields: [])
        }
    }

    package func termination(of upload: String) -> Request {
        switch self {
        case .tus: Request(method: "DELETE", target: upload, fields: [Self.tusVersion])
        case .draft: Request(method: "DELETE", target: upload, fields: [])
        }
    }

    private static let tusVersion = ("Tus-Resumable", "1.0.0")
    private static let tusContent = ("Content-Type", "application/offset+octet-stream")

    private static func sorted(_ fields: [String: String]) -> [(String, String)] {
        fields.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    private static func metadata(_ name: String) -> (String, String) {
        ("Upload-Metadata", "filename \(Data(name.utf8).base64EncodedString())")
    }
}

extension UploadDialect {
    /// The beginning of a form, of the draft only.
    package static func creation(of form: FormBody, content: ArraySlice<UInt8> = []) -> Request {
        let length = form.bytes.count
        let fields = Draft.newest.fields(
            completes: content.count == length,
            ["Upload-Length": "\(length)", "Content-Type": form.contentType]
        )
        return Request(method: "POST", target: "/files", fields: sorted(fields), body: Array(content))
    }

    /// A piece of `length` bytes, of tus only; nil: of those that come with it.
    package static func piece(_ content: ArraySlice<UInt8>, of length: Int? = nil) -> Request {
        let length = ("Upload-Length", "\(length ?? content.count)")
        let fields = [tusVersion, tusContent, length, ("Upload-Concat", "partial")]
        return Request(method: "POST", target: "/files", fields: fields, body: Array(content))
    }

    /// What `pieces` become together.
    package static func concatenation(of pieces: [String], to name: String) -> Request {
        let fields = [tusVersion, ("Upload-Concat", "final;\(pieces.joined(separator: " "))"), metadata(name)]
        return Request(method: "POST", target: "/files", fields: fields)
    }

    /// The path of an upload whose creation was answered with this `Location`; nil for that of a file.
    package static func path(ofLocation location: String) -> String? {
        location.firstRange(of: "/uploads/").map { String(location[$0.lowerBound...]) }
    }
}
