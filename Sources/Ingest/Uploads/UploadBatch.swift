package import Digests
import Logging

/// The uploads of one request: nothing of them is visible before all are whole, and then all will be.
///
/// Belongs to the task that opened it. Ends with `publish` or `abandon`; the one that comes first counts.
package final class UploadBatch {
    private let intake: UploadIntake
    private let promise: Promise
    /// Made when there is something to log: every upload that is under way would hold what it is made of.
    private let logger: () -> Logger
    private let began = ContinuousClock.now
    private var uploads: [Upload] = []
    private var isOver = false

    init(intake: UploadIntake, promise: Promise, logger: @escaping () -> Logger) {
        self.intake = intake
        self.promise = promise
        self.logger = logger
    }

    /// Begins one more upload.
    ///
    /// The one before it must be finished.
    package func begin(_ intent: UploadIntent) async throws -> Upload {
        // The first file's room came with the batch.
        if !uploads.isEmpty {
            try await promise.coverFile()
        }
        return try add(intent)
    }

    private func add(_ intent: UploadIntent) throws -> Upload {
        precondition(!isOver && uploads.last?.isFinished != false, "one upload at a time, before the batch ends")
        let limit = intake.limits.maxFilesPerForm
        guard limit == 0 || uploads.count < limit else {
            throw IngestError(.tooManyFiles, "A form may hold at most \(limit) files.", limit: Int64(limit))
        }
        let intent = try promise.source.uploader?.permitted(intent) ?? intent
        if let length = intent.length {
            try intake.limits.requireSize(length)
        }
        let id = UploadID.random()
        let writer = try intake.store.create(id, expectedLength: intent.length, digests: intent.digests)
        let upload = Upload(id: id, intent: intent, writer: writer, promise: promise, intake: intake)
        uploads.append(upload)
        return upload
    }

    /// What the request's body as a whole is compared with what is claimed of it by, and with what is still to be claimed
    /// by the `awaited` algorithms; nil where nothing is.
    ///
    /// Must have been finished before `publish`.
    package func verification(
        of claims: [DigestClaim],
        awaiting awaited: Set<DigestAlgorithm> = []
    ) -> BodyVerification? {
        claims.isEmpty && awaited.isEmpty
            ? nil : BodyVerification(claims, awaiting: awaited, store: intake.store)
    }

    /// Publishes what was finished, in order.
    ///
    /// They are safe on stable storage, and so are their jobs. A request with a key, whose `turn` that is and whose body
    /// is of this `kind`, is recorded with them.
    package func publish(
        _ turn: RequestTurn? = nil,
        kind: String = ""
    ) async throws -> [PublishedFile] {
        try await publish(turn, kind: kind, completing: nil)
    }

    /// As `publish`; `resource` is the resumable upload that is complete by it.
    func publish(
        _ turn: RequestTurn? = nil,
        kind: String = "",
        completing resource: CompletedResource?
    ) async throws -> [PublishedFile] {
        precondition(!isOver && uploads.allSatisfy(\.isFinished), "only finished uploads are published")
        do {
            var publishables = try uploads.map { try $0.publishable(completing: resource) }
            let request = turn?.record(Self.fingerprint(of: publishables, kind: kind))
            for index in publishables.indices { publishables[index].request = request }
            promise.handOverFiles()
            let files = try await intake.files.publish(publishables)
            isOver = true
            promise.settle()
            for (upload, file) in zip(uploads, files) {
                intake.stored(file, of: upload.id, since: began, logger())
            }
            return files
        } catch {
            // What an unknown outcome left in the spool is recovery's to decide.
            await end(discarding: (error as? IngestError)?.code != .outcomeUnknown)
            failed(error)
            throw error
        }
    }

    /// Ends a batch that was opened for a comparison: what its request asks for.
    package func finishComparison(kind: String) async throws -> RequestFingerprint {
        let fingerprint = Self.fingerprint(of: try uploads.map { try $0.publishable(completing: nil) }, kind: kind)
        await end(discarding: true)
        return fingerprint
    }

    private static func fingerprint(of uploads: [Publishable], kind: String) -> RequestFingerprint {
        RequestFingerprint(kind: kind, files: uploads.map { ($0.destination.path, $0.upload.digest) })
    }

    /// Gives up all uploads of the batch and leaves nothing of them in the spool; `reason` is what metrics count.
    package func abandon(because reason: any Error) async {
        guard !isOver else { return }
        await end(discarding: true)
        failed(reason)
    }

    private func failed(_ error: any Error) {
        promise.failed(error)
        intake.metrics.failed(error)
    }

    private func end(discarding: Bool) async {
        isOver = true
        if discarding {
            for upload in uploads {
                await upload.writer.discard()
            }
        }
        promise.release()
    }
}
