/// Who sends an upload, as far as limits go.
package struct UploadSource: Sendable, Hashable {
    /// What uploads are counted by; nil for senders that are not limited by address.
    package let address: String?
    /// Nil: nobody is told from another.
    package let uploader: Uploader?

    package init(address: String?, uploader: Uploader? = nil) {
        self.address = address
        self.uploader = uploader
    }

    /// A sender on this machine.
    package static let local = Self(address: nil)
}
