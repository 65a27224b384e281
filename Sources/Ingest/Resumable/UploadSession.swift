package import Digests
import Logging

/// One request's turn with an upload that outlives it.
///
/// Belongs to the task that took it, which must `leave` or `abandon` it at the end, whatever happened.
package final class UploadSession {
    /// What is on stable storage.
    package internal(set) var record: UploadRecord
    /// Bytes that the upload may have; 0: any number.
    package var maxSize: Int64 {
        didSet { content?.maxSize = maxSize }
    }
    /// Whether the upload was removed: it ends, and counts as ended, once.
    package private(set) var isOver = false
    let uploads: ResumableUploads
    let promise: Promise
    let interruption: Interruption
    let logger: Logger
    let began = ContinuousClock.now
    var writer: (any ResumableWriting)?
    private var content: UploadContent?
    private var digests: Set<DigestAlgorithm> = []
    /// Under way while the request goes on, and how far it was when it began.
    private var checkpoint: Task<UploadProgress, any Error>?
    private var checkpointed: Int64
    private var hasFailed = false
    private var isProvisional = false

    init(
        _ uploads: ResumableUploads,
        _ record: UploadRecord,
        maxSize: Int64,
        promise: Promise,
        interruption: Interruption,
        logger: Logger
    ) {
        self.uploads = uploads
        self.record = record
        self.maxSize = maxSize
        self.promise = promise
        self.interruption = interruption
        self.logger = logger
        checkpointed = record.offset
    }

    /// Bytes so far, safe or not.
    package var offset: Int64 { content?.offset ?? record.offset }

    /// The upload has this length, as all requests that say so must agree on.
    ///
    /// Throws `.lengthMismatch` and `.tooLarge`.
    package func declare(length: Int64) throws(IngestError) {
        if let known = record.length, known != length {
            throw IngestError(.lengthMismatch, "The upload's length was said to be \(known) bytes, not \(length).")
        }
        guard length >= offset else {
            throw IngestError(.lengthMismatch, "The upload has \(offset) bytes already, more than \(length).")
        }
        try IngestLimits.requireSize(length, atMost: maxSize)
        record.length = length
        content?.length = length
    }

    /// What the claims of a later `publish` need, besides SHA-256; before the first `append`.
    package func compute(_ digests: Set<DigestAlgorithm>) {
        precondition(writer == nil, "digests are chosen before the first byte")
        self.digests.formUnion(digests)
    }

    /// What is appended from here on does not count before `commit` or `publish`, and goes with `leave`.
    package func holdBack() {
        isProvisional = true
    }

    /// Where its bytes are written (`UploadWriting.executor`); nil before the first.
    package var executor: (any TaskExecutor)? { writer?.executor }

    /// Takes more bytes; returns when they are with the kernel.
    ///
    /// Throws `.notFound` if what was told to be safe is not there any more; the upload is then over.
    package func append(_ bytes: ArraySlice<UInt8>) async throws {
        do {
            try await appending(bytes)
        } catch let error as IngestError where error.code == .notFound {
            await remove()
            throw error
        }
    }

    private func appending(_ bytes: ArraySlice<UInt8>) async throws {
        try await failing {
            let content = try await open().content
            try await content.append(bytes)
            // The last bytes are recorded with the publication, so that nobody takes a whole upload for a published one.
            if !isProvisional, content.offset != record.length,
                content.offset - checkpointed >= uploads.options.checkpointInterval
            {
                try await finishCheckpoint()
                try await startCheckpoint()
            }
        }
    }

    /// Makes all bytes safe and records them: what `record` says then may be told.
    package func commit() async throws {
        try await failing {
            try await finishCheckpoint()
            if let writer {
                checkpointed = try await writer.secure()
            }
            let progress = self.progress(to: checkpointed)
            try await uploads.watchingForUnknownOutcomes {
                try await uploads.ledger.recordProgress(of: record.id, progress)
            }
            recorded(progress)
            isProvisional = false
        }
    }

    /// After content that ended early: as `commit`, if the writer is still sound, and what came was not held back.
    package func commitWhatCame() async {
        guard !isProvisional, !isOver else { return }
        hasFailed = false
        do {
            try await commit()
        } catch {
            logger.debug(
                "what came of an upload is not kept",
                metadata: ["upload.id": "\(record.id)", "error": "\(error)"]
            )
        }
    }

    /// The upload is whole: publishes it as one file, as if it had come in one piece.
    ///
    /// If that fails for a reason that stays, such as a name that is taken, a digest that is another or a ticket that is used
    /// up, the upload is over; else it stays as it was last committed.
    package func publish(_ intent: UploadIntent) async throws -> PublishedFile {
        do {
            return try await failing { try await publishing(intent) }
        } catch let error as IngestError where error.isFinal {
            await remove()
            throw error
        }
    }

    /// Ends upload and turn: nobody was told of it.
    package func abandon() async {
        await remove()
        await leave()
    }

    /// Ends the upload, not the turn; one that cannot be removed now expires.
    package func remove() async {
        guard record.state == .open else { return }
        do {
            try await cancel()
        } catch {
            logger.warning(
                "an upload that was refused stays until it expires",
                metadata: ["upload.id": "\(record.id)", "error": "\(error)"]
            )
        }
    }

    private func publishing(_ intent: UploadIntent) async throws -> PublishedFile {
        let intent = try promise.source.uploader?.permitted(intent) ?? intent
        try await finishCheckpoint()
        let (writer, content) = try await open()
        try content.requireLength()
        let sealed = try await writer.seal()
        try intent.claims.verify(against: sealed.knownDigests)
        content.finished()
        var publishable = Publishable(
            upload: sealed,
            destination: intent.destination,
            contentType: intent.contentType,
            originalName: intent.originalName,
            resource: completed(with: content.offset)
        )
        publishable.owner = record.owner
        promise.handOverFiles()
        guard let file = try await uploads.intake.files.publish([publishable]).first else {
            throw IngestError(.storageFailed, "The upload was not published.")
        }
        self.writer = nil
        record.state = .complete
        record.offset = content.offset
        promise.settle()
        uploads.ended(.completed, record)
        uploads.intake.stored(file, of: record.id, since: began, logger)
        return file
    }

    func completed(with length: Int64) -> CompletedResource {
        CompletedResource(id: record.id, length: length, expiresAt: uploads.nextExpiry)
    }

    /// Ends the upload: it and its bytes are gone.
    private func cancel() async throws {
        guard !isOver else { return }
        await abandonCheckpoint()
        try await uploads.remove(record, writer: writer, because: .cancelled)
        // What could not be removed is left as any other.
        writer = nil
        isOver = true
    }

    /// Ends the turn.
    ///
    /// What was not committed may be lost.
    package func leave() async {
        await abandonCheckpoint()
        if let writer, let content, content.offset != record.offset {
            // Nobody was told of these bytes, and no quota counts them.
            do {
                let length = try await writer.rollBack()
                hasFailed = hasFailed || length != record.offset
            } catch {
                // The writer has cut them off itself, or the next one will.
                hasFailed = true
            }
        }
        promise.release()
        await writer?.rest()
        let isSettled = !hasFailed && record.state == .open
        uploads.leave(record.id, resting: isSettled ? writer : nil, computing: digests)
        writer = nil
    }
}

// MARK: Checkpoints

extension UploadSession {
    func open() async throws -> (writer: any ResumableWriting, content: UploadContent) {
        if let writer, let content { return (writer, content) }
        guard record.state == .open else { throw IngestError(.notFound, "The upload is complete.") }
        let writer = try await uploads.writer(of: record, computing: digests)
        let content = UploadContent(
            from: record.offset,
            length: record.length,
            writer: writer,
            promise: promise,
            intake: uploads.intake
        )
        content.maxSize = maxSize
        (self.writer, self.content) = (writer, content)
        return (writer, content)
    }

    /// Only bytes put the expiry off.
    private func progress(to offset: Int64) -> UploadProgress {
        let expiresAt = offset > record.offset ? uploads.nextExpiry : record.expiresAt
        return UploadProgress(offset: offset, length: record.length, expiresAt: expiresAt)
    }

    private func startCheckpoint() async throws {
        let (writer, content) = try await open()
        checkpointed = content.offset
        let progress = self.progress(to: checkpointed)
        checkpoint = Task { [id = record.id, uploads] in
            // It may cover more by then, even the last byte.
            _ = try await writer.secure()
            try await uploads.watchingForUnknownOutcomes { try await uploads.ledger.recordProgress(of: id, progress) }
            return progress
        }
    }

    private func finishCheckpoint() async throws {
        guard let running = checkpoint else { return }
        checkpoint = nil
        recorded(try await running.value)
    }

    private func abandonCheckpoint() async {
        do {
            try await finishCheckpoint()
        } catch {
            hasFailed = true
        }
    }

    private func recorded(_ progress: UploadProgress) {
        promise.recorded(bytes: progress.offset - record.offset)
        record.offset = progress.offset
        record.expiresAt = progress.expiresAt
    }

    /// Remembers a failure: the writer is not fit for another request then.
    func failing<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch {
            hasFailed = true
            promise.failed(error)
            throw error
        }
    }
}

extension IngestError {
    /// Whether another try with the same bytes would fail in the same way.
    var isFinal: Bool {
        [
            .invalidName, .digestMismatch, .isDirectory, .nameTaken, .notOurs, .preconditionFailed, .tooLarge,
            .forbidden,
        ].contains(code)
    }
}
