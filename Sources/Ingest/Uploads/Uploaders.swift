/// Those on whose account uploads go, as they are now.
///
/// Asked wherever an upload goes on without a request of its owner's: what a token or a ticket allows may have changed
/// since the upload began, and it may be gone.
package struct Uploaders: Sendable {
    /// Where nobody is told from another: whoever is on record may upload as much as anybody.
    package static let untold = Self { Uploader(id: $0) }

    private let find: @Sendable (String) -> Uploader?

    /// `find` gives nil for an owner (`Uploader.id`) who may not upload any more.
    package init(_ find: @escaping @Sendable (String) -> Uploader?) {
        self.find = find
    }

    /// Nil for an upload that belongs to nobody.
    ///
    /// Throws `.forbidden` if its owner may not upload any more.
    func uploader(of upload: UploadRecord) throws(IngestError) -> Uploader? {
        guard let owner = upload.owner else { return nil }
        guard let uploader = find(owner) else {
            throw IngestError(.forbidden, "What \(owner) began may not go on.")
        }
        return uploader
    }
}
