/// What a token lets its bearer do; none of them implies another.
package enum Scope: String, CaseIterable, Sendable {
    /// Create and replace files, and go on with one's own uploads.
    case upload
    /// List and download files and thumbnails.
    case read
    /// Remove files.
    case delete
    /// See and steer the queue, run tasks, read metrics, give out tickets.
    case admin
}
