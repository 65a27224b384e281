import FoundationEssentials
import GRDB
import Ingest

extension LedgerTransaction {
    func recordPublication(_ files: [NewFile], keepingJobsOf held: Set<FileID>) throws -> [PublishedFile] {
        for upload in Set(files.compactMap(\.resource)) {
            try completeUpload(upload)
        }
        try useTickets(for: files)
        let published = try files.map { file in
            let generation = try claimName(file.path, replacing: file.replaces, keepingJobsOf: held)
            let record = try insert(file, generation: generation, createdAt: now)
            let jobs = try planner.jobs(for: file).map { job in
                try insert(job, for: record.id, path: record.path, state: .blocked)
            }
            return PublishedFile(record: record, jobs: jobs)
        }
        try recordRequests(of: files, published.map(\.record.id))
        return published
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
        try returnTickets(of: ids)
        try execute(
            """
            UPDATE files SET state = 'withdrawn', ended_at = ?
            WHERE state = 'publishing' AND id IN (SELECT value FROM json_each(?))
            """,
            [now.milliseconds, ids]
        )
        try forgetRequests(of: ids)
    }

    /// The files have their names; ids in other states than `publishing` are passed over.
    ///
    /// Few statements for all of them: with small uploads it is statements, not rows, that take the writer's time.
    func publish(_ ids: [FileID]) throws {
        guard !ids.isEmpty else { return }
        let publishing = try reader.all(
            """
            SELECT id, replaces FROM files
            WHERE state = 'publishing' AND id IN (SELECT value FROM json_each(?)) ORDER BY id
            """,
            [StatementArguments.ids(ids.map(\.rawValue))]
        )
        guard !publishing.isEmpty else { return }
        for row in publishing {
            if let replaced = row[1] as Int64? {
                try supersede(FileID(replaced))
            }
        }
        let ids = StatementArguments.ids(publishing.map { $0[0] })
        try execute("UPDATE files SET state = 'published' WHERE id IN (SELECT value FROM json_each(?))", [ids])
        try recordPublished(ids)
        try releaseJobs(of: ids)
    }

    private func supersede(_ id: FileID) throws {
        let changed = try execute(
            """
            UPDATE files SET state = 'superseded', ended_at = ?
            WHERE id = ? AND ended_at IS NULL AND state <> 'publishing'
            """,
            [now.milliseconds, id.rawValue]
        )
        if changed > 0 {
            try cancelJobs(of: id, .superseded, alsoRunning: true)
        }
    }

    private func releaseJobs(of files: String) throws {
        let released = try execute(
            """
            UPDATE jobs INDEXED BY jobs_file SET state = 'ready'
            WHERE file IN (SELECT value FROM json_each(?)) AND state = 'blocked'
            """,
            [files]
        )
        hasReadyJobs = hasReadyJobs || released > 0
    }

    /// Makes the path free in the ledger, as it is on disk, and returns the generation that comes next there.
    func claimName(
        _ path: BucketPath,
        replacing replaced: FileID?,
        keepingJobsOf held: Set<FileID>
    ) throws -> Int64 {
        let (holder, publishing, generation) = try reader.holders(of: path)
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
        return generation + 1
    }

    func insert(_ file: NewFile, generation: Int64, createdAt: Timestamp) throws -> FileRecord {
        try execute(
            """
            INSERT INTO files(path, generation, state, upload, inode, birth_time, size, modification_time, sha256,
                content_type, original_name, replaces, resource, created_at, digests, owner)
            VALUES (?, ?, 'publishing', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                file.path.column, generation, file.upload.rawValue, Int64(bitPattern: file.identity.inode),
                file.identity.birthTime, file.identity.size, file.identity.modificationTime, file.digest.column,
                file.contentType, file.originalName, file.replaces?.rawValue, file.resource?.id.rawValue,
                createdAt.milliseconds, file.digests.column, file.owner,
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
            createdAt: createdAt,
            owner: file.owner
        )
    }
}

extension LedgerReader {
    /// The row that holds the path, the one that is about to, and the last generation that the path has had, 0 if none.
    func holders(of path: BucketPath) throws -> (holder: FileID?, publishing: FileID?, generation: Int64) {
        let row = try first(
            """
            SELECT
                (SELECT id FROM files INDEXED BY files_name
                    WHERE path = ?1 AND ended_at IS NULL AND state <> 'publishing'),
                (SELECT id FROM files INDEXED BY files_unfinished
                    WHERE path = ?1 AND state = 'publishing' AND (state = 'publishing' OR state = 'deleting')),
                (SELECT max(generation) FROM files INDEXED BY files_generation WHERE path = ?1)
            """,
            [path.column]
        )
        return ((row?[0] as Int64?).map(FileID.init), (row?[1] as Int64?).map(FileID.init), row?[2] ?? 0)
    }
}
