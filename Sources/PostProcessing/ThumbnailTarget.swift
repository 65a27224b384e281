package import SystemPackage

/// Where one thumbnail goes.
package struct ThumbnailTarget: Sendable {
    /// Side in pixels of the square it must fit in, 1 to 8192.
    package let box: UInt16
    /// An empty file, open for reading and writing, that nothing else writes to; it stays the caller's.
    package let file: FileDescriptor

    package init(box: UInt16, file: FileDescriptor) {
        self.box = box
        self.file = file
    }
}
