/// What to do when the name an upload wants is taken.
package enum Collision: String, Sendable, CaseIterable {
    /// Take the next free name: `photo (1).jpg`.
    case rename
    /// Replace our own untouched file; a file that others put there or changed is never overwritten.
    case replace
    /// Refuse.
    case reject
}

/// What must hold of the name for a publication or removal, decided and acted on as one step (RFC 9110 section 13).
package enum Precondition: Sendable, Equatable {
    case none
    /// `If-None-Match: *`: there must be nothing.
    case absent
    /// `If-Match: *`: there must be something.
    case exists
    /// `If-Match`: the file's strong ETag must be one of these.
    case digest([SHA256Digest])
}

/// Where an upload is to appear.
package struct Destination: Sendable, Equatable {
    package var path: BucketPath
    package var collision: Collision
    package var precondition: Precondition
    /// The name whose file goes when the upload appears, if there is one.
    package var replaced: BucketPath? { collision == .replace ? path : nil }

    package init(path: BucketPath, collision: Collision, precondition: Precondition = .none) {
        self.path = path
        self.collision = collision
        self.precondition = precondition
    }
}
