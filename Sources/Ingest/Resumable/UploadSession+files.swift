import Threading

extension UploadSession {
    /// The upload is whole and holds several files: publishes those that `unpack` finishes in the batch, all or none.
    ///
    /// As `publish`; whatever `unpack` itself finds wrong with the content ends the upload too. Until it is over, who asks
    /// where the upload stands is told that all is there, and `reader` ends with `.superseded` when it is to be removed.
    package func publish(unpacking unpack: (UploadBatch) async throws -> Void) async throws -> [PublishedFile] {
        // What is published is read again, and the upload must stay as it is if that fails.
        try await commit()
        uploads.turns.beginPublishing(record.id)
        do {
            return try await failing { try await uploads.readers.withPermit { try await publishing(unpack) } }
        } catch  where Self.isFinal(error) {
            await remove()
            throw error
        }
    }

    private func publishing(_ unpack: (UploadBatch) async throws -> Void) async throws -> [PublishedFile] {
        let (writer, content) = try await open()
        try content.requireLength()
        let batch = UploadBatch(
            intake: uploads.intake,
            promise: try await promise.unpacking(content.offset),
            logger: { [logger] in logger }
        )
        let files: [PublishedFile]
        do {
            try await unpack(batch)
            promise.handOverFiles()
            files = try await batch.publish(completing: completed(with: content.offset))
        } catch {
            await batch.abandon(because: error)
            throw error
        }
        self.writer = nil
        record.state = .complete
        record.offset = content.offset
        promise.settle()
        uploads.ended(.completed, record)
        // Should it stay, the next start sweeps it: the upload is complete.
        await writer.discard()
        return files
    }

    /// What is no error of the ports says that the content is not what it should be.
    private static func isFinal(_ error: any Error) -> Bool {
        switch error {
        case is CancellationError: false
        case let error as IngestError: error.isFinal || error.code == .tooManyFiles
        default: true
        }
    }

    /// Reads all bytes so far; of no use once the turn is over, or anything was appended.
    package var reader: UploadReader {
        UploadReader(uploads.store, record.id, length: offset, interruption)
    }
}

/// The bytes of an upload, in their order, a piece at a time.
package final class UploadReader: Sendable {
    private static let pieceSize: Int64 = 256 << 10

    private let store: any ResumableStore
    private let id: UploadID
    private let length: Int64
    private let interruption: Interruption
    private let offset = Locked<Int64>(0)

    init(_ store: any ResumableStore, _ id: UploadID, length: Int64, _ interruption: Interruption) {
        self.store = store
        self.id = id
        self.length = length
        self.interruption = interruption
    }

    /// Nil at the end; by one task at a time.
    ///
    /// Throws `.superseded` when another request wants the upload.
    package func next() async throws -> [UInt8]? {
        try interruption.check()
        let start = offset.withLock { $0 }
        guard start < length else { return nil }
        let count = Int(min(Self.pieceSize, length - start))
        let bytes = try await store.read(id, at: start, count: count)
        guard bytes.count == count else {
            throw IngestError(.storageFailed, "The upload \(id) is shorter than it was.")
        }
        offset.withLock { $0 += Int64(count) }
        return bytes
    }
}
