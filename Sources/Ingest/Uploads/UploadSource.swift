/// Who sends an upload, as far as limits go.
package struct UploadSource: Sendable, Hashable {
    /// What uploads are counted by; nil for senders that are not limited by address.
    package let address: String?

    package init(address: String?) {
        self.address = address
    }

    /// A sender on this machine.
    package static let local = Self(address: nil)
}
