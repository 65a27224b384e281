import HTTPTypes

/// A request whose content is to become a resumable upload.
struct ResumableCreation: Hashable, Sendable {
    let dialect: ResumableDialect
    /// Whether the content is all there is; else more is to be appended.
    let completes: Bool
    /// `Upload-Length`, and what follows from the `Content-Length`.
    let length: UploadLength

    /// `content` is the `Content-Length`, 0 for no content, nil for chunked content.
    ///
    /// Nil for a request that is a plain upload: it does not say in a spoken version and a valid field whether it is
    /// complete. Throws 400 where it contradicts itself.
    init?(_ fields: HTTPFields, content: Int64?) throws(Problem) {
        guard let dialect = ResumableDialect(fields), let completes = dialect.isComplete(fields) else { return nil }
        self.dialect = dialect
        self.completes = completes
        var length = UploadLength()
        do throws(UploadLength.Violation) {
            try length.begin(at: 0, declared: fields.size(.uploadLength), content: content, completes: completes)
        } catch {
            throw .inconsistentUploadLength(in: dialect)
        }
        self.length = length
    }
}

extension HTTPFields {
    /// A structured field that is an integer of at least 0; others count as absent.
    func size(_ name: HTTPField.Name) -> Int64? {
        integer(name).flatMap { $0 < 0 ? nil : $0 }
    }
}
