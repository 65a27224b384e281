import Digests
import FoundationEssentials
import GRDB
import Ingest

extension FileRecord {
    /// What `init(row:)` expects, in its order.
    static let columns = """
        id, path, generation, state, upload, inode, birth_time, size, modification_time, sha256, content_type,
        original_name, replaces, created_at, digests, owner
        """

    init(row: Row) throws {
        let id: Int64 = row[0]
        guard let state = FileState(rawValue: row[3]), let upload = UploadID(row[4]),
            let digest = SHA256Digest(row[9] as Data), let digests = [DigestAlgorithm: Digest](column: row[14])
        else { throw IngestError.malformedRow("files", id) }
        self.init(
            id: FileID(id),
            path: BucketPath(column: row[1]),
            generation: row[2],
            state: state,
            upload: upload,
            identity: FileIdentity(
                inode: UInt64(bitPattern: row[5]),
                birthTime: row[6],
                size: row[7],
                modificationTime: row[8]
            ),
            digest: digest,
            digests: digests,
            contentType: row[10],
            originalName: row[11],
            replaces: (row[12] as Int64?).map(FileID.init),
            createdAt: Timestamp(milliseconds: row[13]),
            owner: row[15]
        )
    }
}
