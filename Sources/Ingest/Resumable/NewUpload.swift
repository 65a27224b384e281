/// What a client says when it begins an upload that may outlive its request.
package struct NewUpload: Sendable {
    /// Bytes, if they are known yet.
    package var length: Int64?
    /// Who may use it; nil: whoever knows its id.
    package var owner: String?
    /// What is to become of it, for the protocol to read again when it is whole.
    package var request: [UInt8]

    package init(length: Int64?, owner: String?, request: [UInt8]) {
        self.length = length
        self.owner = owner
        self.request = request
    }
}
