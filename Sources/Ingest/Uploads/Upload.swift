/// One upload on its way into the spool.
///
/// Belongs to the task that owns its batch. After a call that throws, the batch is to be abandoned.
package final class Upload {
    package let id: UploadID
    /// Bytes written so far.
    package private(set) var offset: Int64 = 0
    let writer: any UploadWriting
    private let intent: UploadIntent
    private let intake: UploadIntake
    /// The batch's.
    private let promise: Promise
    private var sealed: SealedUpload?
    /// Bytes that the filesystem counts as this upload's by now.
    private var kept: Int64 = 0

    init(id: UploadID, intent: UploadIntent, writer: any UploadWriting, promise: Promise, intake: UploadIntake) {
        self.id = id
        self.intent = intent
        self.writer = writer
        self.promise = promise
        self.intake = intake
    }

    var isFinished: Bool { sealed != nil }

    /// Appends bytes, and returns when they are with the kernel: who waits for it takes no more than the disk does.
    package func append(_ bytes: ArraySlice<UInt8>) async throws {
        let count = Int64(bytes.count)
        let end = offset + count
        if let length = intent.length, end > length {
            throw IngestError(.lengthMismatch, "There are more than the declared \(length) bytes.")
        }
        try intake.limits.requireSize(end)
        if let missing = promise.missing(count: count, uncounted: max(0, end - kept)) {
            try await promise.cover(missing)
        }
        let taken = try await writer.append(bytes)
        offset = end
        promise.wrote(count: count, kept: taken - kept)
        kept = taken
        intake.metrics.received(bytes: bytes.count)
    }

    /// The last byte was appended: checks length and digests, and makes the bytes safe in the spool.
    ///
    /// `claims` came after the content; the intent must have awaited their digests.
    package func finish(claims: [DigestClaim] = []) async throws {
        if let length = intent.length, offset != length {
            throw IngestError(.lengthMismatch, "There are \(offset) bytes where \(length) were declared.")
        }
        let sealed = try await writer.seal()
        if !intent.claims.isEmpty || !claims.isEmpty {
            try (intent.claims + claims).verify(against: sealed.knownDigests)
        }
        self.sealed = sealed
        promise.finishedFile()
    }

    func publishable() throws -> Publishable {
        guard let sealed else { preconditionFailure("an upload is finished before it is published") }
        return Publishable(
            upload: sealed,
            destination: intent.destination,
            contentType: intent.contentType,
            originalName: intent.originalName
        )
    }
}
