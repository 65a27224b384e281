package import Ingest

extension LedgerDatabase: FileLedger {
    package func recordPublication(
        _ files: [NewFile],
        keepingJobsOf held: Set<FileID>
    ) async throws -> [PublishedFile] {
        try await writer.perform { try $0.recordPublication(files, keepingJobsOf: held) }
    }

    package func confirmPublication(_ files: [FileID]) {
        writer.confirm(files)
    }

    package func movePublication(
        _ file: FileID,
        to path: BucketPath,
        keepingJobsOf held: Set<FileID>
    ) async throws -> FileRecord {
        try await writer.perform { try $0.movePublication(file, to: path, keepingJobsOf: held) }
    }

    package func withdrawPublication(_ files: [FileID]) async throws {
        try await writer.perform { try $0.withdrawPublication(files) }
    }

    package func markGone(_ files: [FileID], keepingJobsOf held: Set<FileID>) async throws {
        try await writer.perform { try $0.markGone(files, keepingJobsOf: held) }
    }

    package func markCorrupt(_ file: FileID) async throws {
        try await writer.perform { try $0.markCorrupt(file) }
    }

    package func renewIdentity(of file: FileID, _ identity: FileIdentity) async throws {
        try await writer.perform { try $0.renewIdentity(of: file, identity) }
    }

    package func beginDeletion(of file: FileID) async throws -> PendingDeletion? {
        try await writer.perform { try $0.beginDeletion(of: file) }
    }

    package func finishDeletion(of file: FileID) async throws {
        try await writer.perform { try $0.finishDeletion(of: file) }
    }

    package func revokeDeletion(_ deletion: PendingDeletion) async throws {
        try await writer.perform { try $0.revokeDeletion(deletion) }
    }

    package func file(at path: BucketPath) async throws -> FileRecord? {
        // In this order: what is confirmed before the read is published in truth, whatever the row says.
        let confirmed = writer.unwrittenConfirmations
        let (holder, publishing) = try await read { try $0.files(at: path) }
        guard var publishing else { return holder }
        guard confirmed.contains(publishing.id) else { return holder ?? publishing }
        publishing.state = .published
        return publishing
    }

    package func file(_ id: FileID) async throws -> FileRecord? {
        let confirmed = writer.unwrittenConfirmations
        var record = try await read { try $0.file(id) }
        if record?.state == .publishing, confirmed.contains(id) {
            record?.state = .published
        }
        return record
    }

    package func files(prefix: String, after: BucketPath?, limit: Int) async throws -> [FileRecord] {
        try await readPublished { try $0.files(in: PathRange(prefix: prefix, after: after), limit: limit) }
    }

    package func newestFiles(limit: Int) async throws -> [FileRecord] {
        try await readPublished { try $0.newestFiles(limit: limit) }
    }

    package func unfinishedFiles() async throws -> [FileRecord] {
        try await readPublished { try $0.unfinishedFiles() }
    }

    package func storedBytes() async throws -> Int64 {
        // In this order: what is confirmed before the read counts, whether it is written yet or not.
        let confirmed = writer.unwrittenConfirmations
        return try await read { try $0.storedBytes(confirmed: confirmed) }
    }

    package func storedBytes(of owner: String) async throws -> Int64 {
        let confirmed = writer.unwrittenConfirmations
        return try await read { try $0.storedBytes(of: owner, confirmed: confirmed) }
    }

    package func publishedFiles(of owner: String) async throws -> Int {
        try await read { try $0.publishedFiles(of: owner) }
    }

    package func prunableFiles(
        endedBefore moment: Timestamp,
        excluding excluded: [FileID],
        limit: Int
    ) async throws -> [FileRecord] {
        try await read { try $0.prunableFiles(endedBefore: moment, excluding: excluded, limit: limit) }
    }

    package func pruneFiles(_ files: [FileID]) async throws {
        try await writer.perform { try $0.pruneFiles(files) }
    }

    package func pruneEvents(before moment: Timestamp, limit: Int) async throws -> Int {
        try await writer.perform { try $0.pruneEvents(before: moment, limit: limit) }
    }

    package func foreignFiles(prefix: String, after: BucketPath?, limit: Int) async throws -> [ForeignFile] {
        try await read { try $0.foreignFiles(in: PathRange(prefix: prefix, after: after), limit: limit) }
    }

    package func replaceForeignFiles(
        after first: BucketPath?,
        through last: BucketPath?,
        with files: [ForeignFile]
    ) async throws {
        try await writer.perform { try $0.replaceForeignFiles(after: first, through: last, with: files) }
    }
}
