package import Ingest
import Logging
import SystemPackage
import Threading

/// Writes one upload's bytes into the spool and hashes them as they pass.
///
/// The spool file is made with the first bytes, so an upload that waits owns neither a buffer nor an inode.
package actor UploadWriter: UploadWriting {
    private enum Phase {
        case open
        case sealing
        case sealed
        /// The file is gone; every further call gets this error.
        case failed(IngestError)
        case discarded
    }

    private let id: UploadID
    private let spool: FileSpool
    private let expectedLength: Int64?
    private let executor: IOExecutor
    private var phase = Phase.open
    private var file: OwnedDescriptor?
    private var hasFile = false
    private var hasher = ContentHasher()
    private var length: Int64 = 0
    private var reserved: Int64 = 0
    private var writtenBack: Int64 = 0

    nonisolated package var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    private nonisolated var name: FilePath { FilePath(id.rawValue) }
    private nonisolated var calls: any FileCalls { spool.state.calls }
    private nonisolated var options: SpoolOptions { spool.state.options }

    init(_ id: UploadID, expectedLength: Int64?, spool: FileSpool) {
        self.id = id
        self.expectedLength = expectedLength
        self.spool = spool
        executor = spool.threads.nextExecutor()
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
        } catch .fileTooLarge {
            throw fail(IngestError(.tooLarge, "The filesystem cannot hold a file of this size.", cause: .fileTooLarge))
        } catch {
            throw fail(.storage("The upload could not be written.", error))
        }
    }

    package func seal() async throws -> SealedUpload {
        try requireOpen()
        let writer: FileDescriptor
        do throws(Errno) {
            try makeFile()
            guard let file = file.take() else { throw .badFileDescriptor }
            writer = file.release()
        } catch {
            throw fail(.storage("The upload could not be written.", error))
        }
        phase = .sealing
        let digest = hasher.finish()
        let sealing = Sealing(
            calls: calls,
            spool: spool.state.spool,
            name: name,
            fileMode: options.fileMode,
            group: spool.state.group,
            checksum: spool.state.keepsAttributes ? Array(digest.hexadecimal.utf8) : nil,
            syncs: options.durability == .full,
            health: spool.health
        )
        let outcome = await spool.threads.data.result { [spool, id] () throws(Errno) in
            let result = try sealing.run(closing: writer)
            spool.held.hold(result.reader, for: id)
            return result.identity
        }
        return try sealed(outcome, digest)
    }

    /// What came of sealing, which ran while the actor was free for `discard`.
    private func sealed(_ outcome: Result<FileIdentity, Errno>, _ digest: SHA256Digest) throws(IngestError)
        -> SealedUpload
    {
        switch outcome {
        case .success(let identity):
            guard case .sealing = phase else {
                spool.held.release(id)
                throw IngestError(.truncated, "The upload was discarded.")
            }
            phase = .sealed
            return SealedUpload(id: id, identity: identity, digest: digest)
        case .failure(let error):
            throw fail(.storage("The upload could not be made safe.", error))
        }
    }

    package func discard() async {
        switch phase {
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

    private func requireOpen() throws(IngestError) {
        switch phase {
        case .open: return
        case .failed(let error): throw error
        case .sealing, .sealed, .discarded: throw IngestError(.truncated, "The upload takes no more bytes.")
        }
    }

    /// Ends the upload and gives its space back at once.
    private func fail(_ error: IngestError) -> IngestError {
        if case .discarded = phase {
            return error
        }
        phase = .failed(error)
        removeFile()
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

extension UploadWriter {
    private func makeFile() throws(Errno) {
        guard file == nil else { return }
        let made = OwnedDescriptor(try calls.open(name, in: spool.state.spool, .create), calls)
        hasFile = true
        if let expectedLength, expectedLength >= options.reservedLength {
            do throws(Errno) {
                try calls.reserve(made.raw, length: expectedLength)
                reserved = expectedLength
            } catch  where error == .notSupported || error == .noFunction || error == .invalidArgument {
                // No blocks are reserved; writing will tell.
            }
        }
        file = consume made
    }

    private func write(_ bytes: ArraySlice<UInt8>) throws(Errno) {
        try makeFile()
        guard let descriptor = file?.raw else { throw .badFileDescriptor }
        var failure: Errno?
        bytes.withUnsafeBytes { buffer in
            var rest = UnsafeRawBufferPointer(rebasing: buffer[...])
            while !rest.isEmpty {
                do throws(Errno) {
                    let count = try calls.write(rest, to: descriptor, at: length)
                    guard count > 0 else { throw .ioError }
                    length += Int64(count)
                    rest = UnsafeRawBufferPointer(rebasing: rest[count...])
                } catch {
                    failure = error
                    return
                }
            }
            hasher.update(buffer)
        }
        if let failure {
            throw failure
        }
        try startWriteback(descriptor)
    }

    /// Keeps the disk busy while bytes arrive, so that the sync at the end has little left to wait for.
    private func startWriteback(_ descriptor: FileDescriptor) throws(Errno) {
        guard options.durability == .full, length - writtenBack >= options.writebackInterval else { return }
        do throws(Errno) {
            try calls.startWriteback(descriptor, offset: writtenBack, length: length - writtenBack)
        } catch  where error == .notSupported || error == .noFunction || error == .illegalSeek {
            // The sync at the end does it all.
        }
        writtenBack = length
    }
}
