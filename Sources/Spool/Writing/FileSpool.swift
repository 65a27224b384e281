package import Digests
package import Ingest
package import Logging
import SystemPackage
import Threading

/// The spool: uploads in flight, each a file in `<state>/spool` named by its id.
package final class FileSpool: ResumableStore {
    package let state: StateDirectory
    let threads: SpoolThreads
    let health: Health
    let held: HeldFiles
    let claims = PublicationClaims()
    let logger: Logger

    package init(_ state: StateDirectory, threads: SpoolThreads, health: Health, logger: Logger) {
        self.state = state
        self.threads = threads
        self.health = health
        self.logger = logger
        held = HeldFiles(limit: state.options.heldFiles, calls: state.calls, threads: threads.names)
    }

    /// Returns once the threads that write uploads have come to what they were given now.
    package func answer() async {
        await threads.answer()
    }

    package func create(
        _ id: UploadID,
        expectedLength: Int64?,
        digests: Set<DigestAlgorithm>
    ) throws -> any UploadWriting {
        try health.requireHealthy()
        return UploadWriter(id, expectedLength: expectedLength, digests: digests, spool: self)
    }

    package func hasher(_ algorithms: Set<DigestAlgorithm>) -> any ContentHashing {
        BodyHasher(algorithms, on: threads.nextExecutor())
    }

    package func resume(_ id: UploadID, at offset: Int64, digests: Set<DigestAlgorithm>) async throws
        -> any ResumableWriting
    {
        try health.requireHealthy()
        return UploadWriter(resuming: id, at: offset, digests: digests, spool: self)
    }

    package func read(_ id: UploadID, at offset: Int64, count: Int) async throws -> [UInt8] {
        let outcome = await threads.data.result { [state] () throws(Errno) in
            let file = OwnedDescriptor(try state.calls.open(FilePath(id.rawValue), in: state.spool, .read), state.calls)
            var (bytes, failure) = ([UInt8](), nil as Errno?)
            bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
                do throws(Errno) {
                    while filled < count {
                        let rest = UnsafeMutableRawBufferPointer(
                            rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...]
                        )
                        let read = try state.calls.read(into: rest, from: file.raw, at: offset + Int64(filled))
                        guard read > 0 else { return }
                        filled += read
                    }
                } catch {
                    failure = error
                }
            }
            if let failure { throw failure }
            return bytes
        }
        do throws(Errno) {
            return try outcome.get()
        } catch {
            throw IngestError.storage("The upload cannot be read.", error)
        }
    }

    package func remove(_ id: UploadID) async {
        await UploadWriter(resuming: id, at: 0, digests: [], spool: self).discard()
    }

    package func space() async throws -> FilesystemSpace {
        let state = state
        do throws(Errno) {
            return try await threads.names.run { () throws(Errno) in try state.calls.space(of: state.spool) }
        } catch {
            throw IngestError.storage("The free space cannot be told.", error)
        }
    }
}
