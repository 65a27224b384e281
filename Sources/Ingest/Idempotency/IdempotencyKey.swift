import Digests

/// Names a request within its scope, so that its client may send it again and be answered as the first time.
package struct IdempotencyKey: Hashable, Sendable {
    /// Of fixed size, whatever the client chose.
    package let digest: SHA256Digest

    /// `text` is the client's; two requests whose `scope` differs have nothing to do with each other.
    package init(_ text: String, scope: [[UInt8]]) {
        digest = SHA256Digest(of: scope + [Array(text.utf8)])
    }

    package init(recorded digest: SHA256Digest) {
        self.digest = digest
    }
}

/// What a request with a key asks for, so that another with the same key can be told from a repetition: the kind of its
/// body, and of each file the name and the content.
package struct RequestFingerprint: Hashable, Sendable {
    package let digest: SHA256Digest

    /// `files` by the names they were sent with, which need not be those they got.
    package init(kind: String, files: [(path: BucketPath, digest: SHA256Digest)]) {
        digest = SHA256Digest(of: [Array(kind.utf8)] + files.flatMap { [$0.path.bytes, $0.digest.bytes] })
    }

    package init(recorded digest: SHA256Digest) {
        self.digest = digest
    }
}

/// A request with a key, as it is recorded with its files.
package struct IdempotentRequest: Hashable, Sendable {
    package var key: IdempotencyKey
    package var fingerprint: RequestFingerprint
    /// From then on its key is free.
    package var expiresAt: Timestamp

    package init(key: IdempotencyKey, fingerprint: RequestFingerprint, expiresAt: Timestamp) {
        self.key = key
        self.fingerprint = fingerprint
        self.expiresAt = expiresAt
    }
}

/// A request with a key, and what it brought.
package struct RecordedRequest: Sendable {
    package var request: IdempotentRequest
    /// In the order of the request; the jobs that were recorded with them, as they were then.
    package var files: [PublishedFile]

    package init(_ request: IdempotentRequest, files: [PublishedFile]) {
        self.request = request
        self.files = files
    }
}

extension SHA256Digest {
    /// Of the parts and their lengths: no two lists have the same bytes.
    fileprivate init(of parts: [[UInt8]]) {
        var digest = StreamingDigest(.sha256)
        for part in parts {
            digest.update(withUnsafeBytes(of: UInt64(part.count).littleEndian) { Array($0)[...] })
            digest.update(part[...])
        }
        guard let value = Self(digest.finalize().bytes) else { preconditionFailure("SHA-256 has 32 bytes") }
        self = value
    }
}
