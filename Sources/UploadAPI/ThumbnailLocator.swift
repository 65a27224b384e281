package import Ingest
package import SystemPackage

/// Finds the thumbnails of a generation.
package protocol ThumbnailLocator: Sendable {
    /// The kind of the jobs that make them.
    var kind: JobKind { get }

    /// Longer edges in pixels of the thumbnails that the jobs of this generation report; does no I/O.
    func sizes(of file: FileRecord, jobs: [Job]) -> [Int]

    /// Opens one of them; nil if it is not there.
    func open(size: Int, of file: FileRecord, jobs: [Job]) async throws -> OpenedThumbnail?
}

/// A thumbnail open for reading.
///
/// The descriptor is the receiver's to close.
package struct OpenedThumbnail: Sendable {
    package var descriptor: FileDescriptor
    /// Bytes.
    package var length: Int64
    /// Such as `image/webp`.
    package var contentType: String

    package init(descriptor: FileDescriptor, length: Int64, contentType: String) {
        self.descriptor = descriptor
        self.length = length
        self.contentType = contentType
    }
}
