import Digests
package import Ingest
import Logging
import SystemPackage
import Threading

/// Writes one upload's bytes into the spool and hashes them as they pass.
///
/// The spool file is made with the first bytes, so an upload that waits owns neither a buffer nor an inode.
package actor UploadWriter: UploadWriting {
    enum Phase {
        case open
        case sealing
        case sealed
        /// The file is gone; every further call gets this error.
        case failed(IngestError)
        case discarded
    }

    let id: UploadID
    let spool: FileSpool
    let expectedLength: Int64?
    /// Whether what is secured stays when a call fails.
    let outlivesFailure: Bool
    private let thread: IOExecutor
    var phase = Phase.open
    var file: OwnedDescriptor?
    var hasFile: Bool
    /// What is computed besides SHA-256.
    let digests: Set<DigestAlgorithm>
    var hasher: ContentHasher
    /// Bytes from the beginning on that `hasher` has seen: all of them, but in an upload that was resumed.
    var hashed: Int64 = 0
    var length: Int64
    /// What `rollBack` goes back to.
    var secured: Checkpoint
    var catchUp: Task<Void, Never>?
    var isSealing = false
    var reserved: Int64 = 0
    var writtenBack: Int64

    nonisolated package var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }
    nonisolated package var executor: (any TaskExecutor)? { thread.taskExecutor }
    nonisolated var name: FilePath { FilePath(id.rawValue) }
    nonisolated var calls: any FileCalls { spool.state.calls }
    nonisolated var options: SpoolOptions { spool.state.options }

    init(_ id: UploadID, expectedLength: Int64?, digests: Set<DigestAlgorithm>, spool: FileSpool) {
        self.id = id
        self.expectedLength = expectedLength
        self.spool = spool
        self.digests = digests
        hasher = ContentHasher(digests)
        outlivesFailure = false
        hasFile = false
        length = 0
        writtenBack = 0
        secured = Checkpoint()
        thread = spool.threads.nextExecutor()
    }

    init(resuming id: UploadID, at offset: Int64, digests: Set<DigestAlgorithm>, spool: FileSpool) {
        self.id = id
        self.spool = spool
        expectedLength = nil
        self.digests = digests
        hasher = ContentHasher(digests)
        outlivesFailure = true
        hasFile = true
        length = offset
        writtenBack = offset
        secured = Checkpoint(length: offset)
        thread = spool.threads.nextExecutor()
    }

    @discardableResult
    package func append(_ bytes: ArraySlice<UInt8>) async throws -> Int64 {
        try appendNow(bytes)
    }

    /// Apart, so that what it holds is on a thread's stack and not in the upload's task.
    @inline(never)
    private func appendNow(_ bytes: ArraySlice<UInt8>) throws(IngestError) -> Int64 {
        try requireOpen()
        do throws(Errno) {
            try write(bytes)
            return max(length, reserved)
        } catch .noSuchFileOrDirectory where outlivesFailure {
            throw fail(
                IngestError(.notFound, "The upload's bytes are not there any more.", cause: .noSuchFileOrDirectory)
            )
        } catch .fileTooLarge {
            throw fail(IngestError(.tooLarge, "The filesystem cannot hold a file of this size.", cause: .fileTooLarge))
        } catch {
            throw fail(.storage("The upload could not be written.", error))
        }
    }

    package func seal() async throws -> SealedUpload {
        try requireOpen()
        if hashed < length {
            try await hashRest()
            try requireOpen()
        }
        let writer: FileDescriptor
        do throws(Errno) {
            try makeFile()
            guard let file = file.take() else { throw .badFileDescriptor }
            writer = file.release()
        } catch {
            throw fail(.storage("The upload could not be written.", error))
        }
        phase = .sealing
        let digests = hasher.finishAll()
        let sealing = Sealing(
            calls: calls,
            spool: spool.state.spool,
            name: name,
            fileMode: options.fileMode,
            group: spool.state.group,
            checksum: spool.state.keepsAttributes ? Array(digests.sha256.hexadecimal.utf8) : nil,
            syncs: options.durability == .full,
            health: spool.health
        )
        let outcome = await spool.threads.data.result { [spool, id] () throws(Errno) in
            let result = try sealing.run(closing: writer)
            spool.held.hold(result.reader, for: id)
            return result.identity
        }
        return try sealed(outcome, digests.sha256, digests.others)
    }

    /// What came of sealing, which ran while the actor was free for `discard`.
    private func sealed(
        _ outcome: Result<FileIdentity, Errno>,
        _ digest: SHA256Digest,
        _ digests: [DigestAlgorithm: Digest]
    ) throws(IngestError) -> SealedUpload {
        switch outcome {
        case .success(let identity):
            guard case .sealing = phase else {
                spool.held.release(id)
                throw IngestError(.truncated, "The upload was discarded.")
            }
            phase = .sealed
            return SealedUpload(id: id, identity: identity, digest: digest, digests: digests)
        case .failure(let error):
            throw fail(.storage("The upload could not be made safe.", error))
        }
    }

    package func discard() async {
        switch phase {
        case .failed where outlivesFailure:
            phase = .discarded
            removeFile()
        case .discarded, .failed:
            return
        case .sealed where spool.health.reason != nil || spool.claims.isClaimed(id):
            // It may have its name already, or have it after recovery: its fate is no longer ours to decide.
            return
        case .sealed:
            // Without that name it has been published: the descriptor is its jobs'.
            guard removeName() else { return }
            phase = .discarded
            spool.held.release(id)
        case .open, .sealing:
            phase = .discarded
            removeFile()
        }
    }

    func requireOpen() throws(IngestError) {
        switch phase {
        case .open: return
        case .failed(let error): throw error
        case .sealing, .sealed, .discarded: throw IngestError(.truncated, "The upload takes no more bytes.")
        }
    }

    /// Ends the upload and gives its space back at once, unless it outlives that.
    func fail(_ error: IngestError) -> IngestError {
        if case .discarded = phase {
            return error
        }
        phase = .failed(error)
        if outlivesFailure {
            cutOff()
            file = nil
            spool.held.release(id)
        } else {
            removeFile()
        }
        return error
    }

    private func removeFile() {
        file = nil
        spool.held.release(id)
        removeName()
    }

    /// False if there is no file under the name.
    @discardableResult
    private func removeName() -> Bool {
        guard hasFile else { return false }
        do throws(Errno) {
            try calls.unlink(name, in: spool.state.spool)
        } catch .noSuchFileOrDirectory {
            return false
        } catch {
            spool.logger.warning(
                "a discarded upload stays in the spool until the next start",
                metadata: ["upload.id": "\(id)", "error": "\(error)"]
            )
        }
        return true
    }
}
