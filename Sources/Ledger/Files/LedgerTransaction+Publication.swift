import FoundationEssentials
import GRDB
import Ingest

extension LedgerTransaction {
    func recordPublication(_ files: [NewFile], keepingJobsOf held: Set<FileID>) throws -> [PublishedFile] {
        for upload in Set(files.compactMap(\.resource)) {
            try completeUpload(upload)
        }
        return try files.map { file in
            let generation = try claimName(file.path, replacing: file.replaces, keepingJobsOf: held)
            let record = try insert(file, generation: generation, createdAt: now)
            let jobs = try planner.jobs(for: file).map { job in
                try insert(job, for: record.id, path: record.path, state: .blocked)
            }
            return PublishedFile(record: record, jobs: jobs)
        }
    }

    func movePublication(_ id: FileID, to path: BucketPath, keepingJobsOf held: Set<FileID>) throws -> FileRecord {
        guard var record = try reader.file(id), record.state == .publishing else {
            throw IngestError(.notFound, "There is no such publication.")
        }
        record.generation = try claimName(path, replacing: nil, keepingJobsOf: held)
        record.path = path
        record.replaces = nil
        try execute(
            "UPDATE files SET path = ?, generation = ?, replaces = NULL WHERE id = ?",
            [path.column, record.generation, id.rawValue]
        )
        return record
    }

    func withdrawPublication(_ ids: [FileID]) throws {
        let ids = StatementArguments.ids(ids.map(\.rawValue))
        try execute(
            """
            DELETE FROM jobs WHERE file IN (
                SELECT id FROM files WHERE state = 'publishing' AND id IN (SELECT value FROM json_each(?)))
            """,
            [ids]
        )
        try reopenUploads(of: ids)
        try execute(
            """
            UPDATE files SET state = 'withdrawn', ended_at = ?
            WHERE state = 'publishing' AND id IN (SELECT value FROM json_each(?))
            """,
            [now.milliseconds, ids]
        )
    }

    /// The files have their names; ids in other states than `publishing` are passed over.
    func publish(_ ids: [FileID]) throws {
        guard !ids.isEmpty else { return }
        let ids = StatementArguments.ids(ids.map(\.rawValue))
        let superseded = try reader.all(
            """
            UPDATE files SET state = 'superseded', ended_at = ?
            WHERE state IN ('published','corrupt','deleting') AND id IN (
                SELECT replaces FROM files WHERE state = 'publishing' AND id IN (SELECT value FROM json_each(?)))
            RETURNING id
            """,
            [now.milliseconds, ids]
        )
        for row in superseded {
            try cancelJobs(of: FileID(row[0]), .superseded, alsoRunning: true)
        }
        let published = try reader.all(
            """
            UPDATE files SET state = 'published'
            WHERE state = 'publishing' AND id IN (SELECT value FROM json_each(?)) RETURNING id, path
            """,
            [ids]
        ).map { row in (file: FileID(row[0]), path: row[1] as Data) }
        for (file, path) in published.sorted(by: { $0.file < $1.file }) {
            try record(.published, of: file, path: path)
            let ready = try execute(
                "UPDATE jobs SET state = 'ready' WHERE state = 'blocked' AND file = ?",
                [file.rawValue]
            )
            hasReadyJobs = hasReadyJobs || ready > 0
        }
    }

    /// Makes the path free in the ledger, as it is on disk, and returns the generation that comes next there.
    private func claimName(
        _ path: BucketPath,
        replacing replaced: FileID?,
        keepingJobsOf held: Set<FileID>
    ) throws -> Int64 {
        let (holder, publishing) = try reader.holders(of: path)
        guard publishing == nil else {
            throw IngestError(.nameTaken, "Another upload is just taking this name.")
        }
        if let holder, holder != replaced {
            if try execute(
                "UPDATE files SET state = 'deleted', ended_at = ? WHERE id = ? AND state = 'deleting'",
                [now.milliseconds, holder.rawValue]
            ) > 0 {
                try record(.deleted, of: holder, path: path.column)
            } else {
                try markGone([holder], keepingJobsOf: held)
            }
        }
        return try reader.lastGeneration(of: path) + 1
    }

    func insert(_ file: NewFile, generation: Int64, createdAt: Timestamp) throws -> FileRecord {
        try execute(
            """
            INSERT INTO files(path, generation, state, upload, inode, birth_time, size, modification_time, sha256,
                content_type, original_name, replaces, resource, created_at, digests)
            VALUES (?, ?, 'publishing', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                file.path.column, generation, file.upload.rawValue, Int64(bitPattern: file.identity.inode),
                file.identity.birthTime, file.identity.size, file.identity.modificationTime, file.digest.column,
                file.contentType, file.originalName, file.replaces?.rawValue, file.resource?.rawValue,
                createdAt.milliseconds, file.digests.column,
            ]
        )
        return FileRecord(
            id: FileID(database.lastInsertedRowID),
            path: file.path,
            generation: generation,
            state: .publishing,
            upload: file.upload,
            identity: file.identity,
            digest: file.digest,
            digests: file.digests,
            contentType: file.contentType,
            originalName: file.originalName,
            replaces: file.replaces,
            createdAt: createdAt
        )
    }
}

extension LedgerReader {
    func holders(of path: BucketPath) throws -> (holder: FileID?, publishing: FileID?) {
        let row = try first(
            """
            SELECT
                (SELECT id FROM files INDEXED BY files_name
                    WHERE path = ?1 AND state IN ('published','corrupt','deleting')),
                (SELECT id FROM files INDEXED BY files_publishing WHERE path = ?1 AND state = 'publishing')
            """,
            [path.column]
        )
        return ((row?[0] as Int64?).map(FileID.init), (row?[1] as Int64?).map(FileID.init))
    }

    func lastGeneration(of path: BucketPath) throws -> Int64 {
        try first("SELECT max(generation) FROM files WHERE path = ?", [path.column])?[0] ?? 0
    }
}
