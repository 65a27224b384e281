package import Ingest
package import SystemPackage

extension StateDirectory {
    /// The first upload among the bucket's files, known by its checksum attribute; looks at `limit` files at most.
    ///
    /// Blocks.
    package func firstUpload(lookingAt limit: Int) throws(Errno) -> BucketPath? {
        var walk = BucketWalk(
            try DirectoryHandle(borrowing: bucket, calls),
            excluding: [DirectoryKey(try calls.status(of: state))],
            calls,
            WalkCancellation()
        )
        for path in try walk.next(limit) where carriesChecksum(path) {
            return path
        }
        return nil
    }

    /// Whether a file carries the attribute that every upload gets before it is published; one that cannot be read does
    /// not.
    func carriesChecksum(_ path: BucketPath) -> Bool {
        do throws(Errno) {
            let file = OwnedDescriptor(try calls.open(path.filePath, beneath: bucket, .readNonblocking), calls)
            return try calls.attribute(Sealing.checksumAttribute, of: file.raw) != nil
        } catch {
            return false
        }
    }
}
