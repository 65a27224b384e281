/// One upload on its way into the spool.
///
/// Belongs to the task that owns its batch. After a call that throws, the batch is to be abandoned.
package final class Upload {
    package let id: UploadID
    let writer: any UploadWriting
    private let intent: UploadIntent
    private let content: UploadContent
    private let owner: String?
    private var sealed: SealedUpload?

    /// `promise` is the batch's.
    init(id: UploadID, intent: UploadIntent, writer: any UploadWriting, promise: Promise, intake: UploadIntake) {
        self.id = id
        self.intent = intent
        self.writer = writer
        owner = promise.source.uploader?.id
        content = UploadContent(length: intent.length, writer: writer, promise: promise, intake: intake)
        if let uploader = promise.source.uploader {
            content.maxSize = uploader.maxSize(within: content.maxSize)
        }
    }

    /// Where its bytes are written (`UploadWriting.executor`).
    package var executor: (any TaskExecutor)? { writer.executor }
    /// Bytes written so far.
    package var offset: Int64 { content.offset }
    var isFinished: Bool { sealed != nil }

    /// Appends bytes, and returns when they are with the kernel: who waits for it takes no more than the disk does.
    package func append(_ bytes: ArraySlice<UInt8>) async throws {
        try await content.append(bytes)
    }

    /// The last byte was appended: checks length and digests, and makes the bytes safe in the spool.
    ///
    /// `claims` came after the content; the intent must have awaited their digests.
    package func finish(claims: [DigestClaim] = []) async throws {
        try content.requireLength()
        let sealed = try await writer.seal()
        if !intent.claims.isEmpty || !claims.isEmpty {
            try (intent.claims + claims).verify(against: sealed.knownDigests)
        }
        self.sealed = sealed
        content.finished()
    }

    func publishable(completing resource: CompletedResource? = nil) throws -> Publishable {
        guard let sealed else { preconditionFailure("an upload is finished before it is published") }
        var publishable = Publishable(
            upload: sealed,
            destination: intent.destination,
            contentType: intent.contentType,
            originalName: intent.originalName,
            resource: resource
        )
        publishable.owner = owner
        return publishable
    }
}
