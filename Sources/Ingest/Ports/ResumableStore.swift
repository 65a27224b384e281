package import Digests

/// Bytes in flight that outlive their requests.
package protocol ResumableStore: UploadStore {
    /// The writer of an upload that has `offset` bytes on stable storage: what is behind them is cut off.
    ///
    /// The caller sees to it that there is one writer at a time. Throws `.notFound` if the bytes are not there.
    /// `digests` are computed besides SHA-256, over the whole upload.
    func resume(_ id: UploadID, at offset: Int64, digests: Set<DigestAlgorithm>) async throws -> any ResumableWriting

    /// At most `count` bytes of an upload that nobody writes to; fewer only at its end.
    func read(_ id: UploadID, at offset: Int64, count: Int) async throws -> [UInt8]

    /// Removes an upload that has no writer. What cannot be removed now is swept at the next start.
    func remove(_ id: UploadID) async
}

/// The one writer of an upload that outlives its requests.
///
/// A call that throws leaves the writer unfit for all but `rest`; what was secured is still there for the next one.
/// `discard` is for uploads that are over.
package protocol ResumableWriting: UploadWriting {
    /// Puts what was appended on stable storage; the result is the upload's length from then on.
    ///
    /// More may be appended meanwhile, which is then not part of it. Throws `.storageFailed` when the disk lost it: no
    /// later sync may be trusted.
    func secure() async throws -> Int64

    /// Forgets what was appended since the last `secure`; the result is the upload's length from then on.
    ///
    /// Not to be called while that runs.
    func rollBack() async throws -> Int64

    /// Closes the file: an upload that waits for its next request holds no descriptor.
    func rest() async
}
