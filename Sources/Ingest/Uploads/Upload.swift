/// One upload on its way into the spool.
///
/// Belongs to the task that owns its batch. After a call that throws, the batch is to be abandoned.
package final class Upload {
    package let id: UploadID
    /// Bytes written so far.
    package private(set) var offset: Int64 = 0
    let writer: any UploadWriting
    let promise: Promise
    private let intent: UploadIntent
    private let intake: UploadIntake
    private var sealed: SealedUpload?
    /// Bytes of the promise that the filesystem counts by now.
    private var kept: Int64 = 0
    /// Where the free space is looked at again: an upload without a declared length was promised none.
    private var nextSpaceCheck = Upload.spaceCheckInterval

    private static let spaceCheckInterval: Int64 = 16 << 20

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
        let end = offset + Int64(bytes.count)
        if let length = intent.length, end > length {
            throw IngestError(.lengthMismatch, "There are more than the declared \(length) bytes.")
        }
        if intake.limits.maxUploadSize > 0, end > intake.limits.maxUploadSize {
            throw intake.admission.tooLarge
        }
        promise.claim(end)
        if end >= nextSpaceCheck {
            nextSpaceCheck = end + Self.spaceCheckInterval
            try await intake.admission.requireSpace()
            try await intake.admission.requireQuota()
        }
        let taken = try await writer.append(bytes)
        offset = end
        promise.keep(taken - kept)
        kept = taken
        intake.metrics.received(bytes: bytes.count)
    }

    /// The last byte was appended: checks length and digest, and makes the bytes safe in the spool.
    package func finish() async throws {
        if let length = intent.length, offset != length {
            throw IngestError(.lengthMismatch, "There are \(offset) bytes where \(length) were declared.")
        }
        try await intake.admission.requireQuota()
        let sealed = try await writer.seal()
        if let digest = intent.digest, sealed.digest != digest {
            throw IngestError(.digestMismatch, "The content does not match the declared SHA-256.")
        }
        self.sealed = sealed
        promise.settle()
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
