/// What tells one file from another that took its name, and a touched file from an untouched one.
///
/// A number of an inode is used again as soon as its file is gone; together with the birth time it is not.
package struct FileIdentity: Hashable, Sendable {
    package var inode: UInt64
    /// Nanoseconds since 1970, 0 on a filesystem that keeps no birth time.
    package var birthTime: Int64
    /// Bytes.
    package var size: Int64
    /// Nanoseconds since 1970.
    ///
    /// We set it before publication, so that it is ours to recognise.
    package var modificationTime: Int64

    package init(inode: UInt64, birthTime: Int64, size: Int64, modificationTime: Int64) {
        self.inode = inode
        self.birthTime = birthTime
        self.size = size
        self.modificationTime = modificationTime
    }

    /// Whether both are the same file, touched or not.
    package func isSameFile(as other: Self) -> Bool {
        inode == other.inode && birthTime == other.birthTime
    }

    /// Whether the content may be the same although the inode is another: a restored or copied bucket.
    package func looksLikeCopy(of other: Self) -> Bool {
        size == other.size && modificationTime == other.modificationTime
    }

    /// Whether this may be the other, in its place or after a copy of everything to another disk.
    package func isSameOrCopy(of other: Self) -> Bool {
        isSameFile(as: other) || looksLikeCopy(of: other)
    }
}
