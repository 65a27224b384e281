package import SystemPackage
package import ThumbnailWire

/// Makes thumbnails of one image; `ThumbnailHelpers`, or a fake.
package protocol ThumbnailRendering: Sendable {
    /// One thumbnail per target, from a source open for reading only. The descriptors stay the caller's.
    ///
    /// Throws `ThumbnailHelperError`, or `CancellationError` when the task is cancelled; the targets may then hold
    /// anything.
    func render(
        source: FileDescriptor,
        targets: [ThumbnailTarget],
        format: ThumbnailFormat,
        maxPixels: UInt64
    ) async throws -> ThumbnailOutcome
}

extension ThumbnailHelpers: ThumbnailRendering {}
