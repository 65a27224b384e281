/// A `multipart/form-data` body of file parts.
package struct FormBody: Sendable {
    package private(set) var bytes: [UInt8] = []
    package let boundary: String
    package var contentType: String { "multipart/form-data; boundary=\(boundary)" }

    /// File names are put in quotes as they are.
    package init(
        files: [(name: String, content: [UInt8])],
        field: String = "file",
        contentType: String = "application/octet-stream",
        boundary: String = "x-x-boundary"
    ) {
        self.boundary = boundary
        for (name, content) in files {
            bytes += Array(
                """
                --\(boundary)\r
                Content-Disposition: form-data; name="\(field)"; filename="\(name)"\r
                Content-Type: \(contentType)\r
                \r

                """.utf8
            )
            bytes += content
            bytes += Array("\r\n".utf8)
        }
        bytes += Array("--\(boundary)--\r\n".utf8)
    }
}
