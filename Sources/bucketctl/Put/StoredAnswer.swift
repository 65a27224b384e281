import Digests
import Outbound

/// The answer to the request that stored a file.
struct StoredAnswer: Sendable {
    /// As the server tells it.
    let digest: Digest?

    init(_ response: ClientResponse) {
        digest = response.fields.reprSHA256
    }

    /// Throws `.mismatch` unless the server has stored what was read.
    func require(_ own: Digest) throws(ClientError) {
        guard let digest else {
            throw ClientError(.mismatch, "The server took it and tells no digest of it: it may not be what was sent.")
        }
        guard digest == own else {
            throw ClientError(.mismatch, "The server stored SHA-256 \(digest.hex), and the file's is \(own.hex).")
        }
    }
}
