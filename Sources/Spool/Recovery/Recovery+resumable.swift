import Ingest
import Logging
import SystemPackage
import Threading

extension Recovery {
    /// Spool names of the uploads that clients can go on with; those whose bytes are gone are forgotten, because an
    /// offset that was told must not go back.
    func resumableUploads(_ summary: inout RecoverySummary) async throws -> Set<FilePath> {
        var names: Set<FilePath> = []
        var lost: Set<UploadID> = []
        try await uploads.forEachPageOfOpenUploads { page in
            let gone = try await bytesLost(of: page)
            for id in gone {
                bucket.spool.logger.error(
                    "the bytes of an unfinished upload are lost",
                    metadata: ["upload.id": "\(id)"]
                )
            }
            if !gone.isEmpty {
                try await bucket.watchingForUnknownOutcomes { try await uploads.removeUploads(Array(gone)) }
            }
            lost.formUnion(gone)
            names.formUnion(page.lazy.map(\.id).filter { !gone.contains($0) }.map { FilePath($0.rawValue) })
        }
        summary.resumable = names.count
        summary.lost = lost.count
        return names
    }

    private func bytesLost(of page: [UploadRecord]) async throws -> Set<UploadID> {
        let outcome = await bucket.threads.names.result { [bucket] () throws(Errno) in
            var lost: Set<UploadID> = []
            for record in page where record.offset > 0 {
                if try Self.size(of: record.id, bucket) < record.offset {
                    lost.insert(record.id)
                }
            }
            return lost
        }
        do throws(Errno) {
            return try outcome.get()
        } catch {
            throw IngestError.storage("The spool cannot be read.", error)
        }
    }

    private static func size(of upload: UploadID, _ bucket: Bucket) throws(Errno) -> Int64 {
        do throws(Errno) {
            let name = FilePath(upload.rawValue)
            return try bucket.calls.status(of: name, in: bucket.spool.state.spool).identity.size
        } catch .noSuchFileOrDirectory {
            return 0
        }
    }
}
