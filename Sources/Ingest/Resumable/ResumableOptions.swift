/// How long uploads that outlive their requests are kept, and how many.
package struct ResumableOptions: Sendable {
    /// From the last byte that was committed on; an upload that is complete is known for as long, too.
    package var expireAfter: Duration = .seconds(24 * 3600)
    /// From the creation on, until there is a byte.
    package var expireEmptyAfter: Duration = .seconds(3600)
    /// Uploads that are open at a time; 0 = no limit.
    package var maxOpenUploads = 10_000
    /// Of these, begun from one address; for IPv6 from one /64; 0 = no limit.
    package var maxOpenUploadsPerAddress = 0
    /// Bytes after which what has come is made safe though its request goes on.
    package var checkpointInterval: Int64 = 32 << 20
    /// Uploads whose hash is kept in memory between requests; others are read again when they are finished.
    package var restingWriters = 1024

    /// What an upload has that is just begun.
    package var expireNewAfter: Duration { min(expireEmptyAfter, expireAfter) }

    package init() {}
}
