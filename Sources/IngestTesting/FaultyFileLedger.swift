package import Ingest

/// A ledger whose transactions fail, or wait, where a plan says so, and are otherwise those of `base`.
package struct FaultyFileLedger: FileLedger {
    package let base: any FileLedger
    package let plan: FaultPlan

    package init(_ base: any FileLedger, _ plan: FaultPlan) {
        self.base = base
        self.plan = plan
    }

    package func recordPublication(_ files: [NewFile], keepingJobsOf held: Set<FileID>) async throws -> [PublishedFile]
    {
        try await plan.transaction(.recordPublication) { try await base.recordPublication(files, keepingJobsOf: held) }
    }

    package func confirmPublication(_ files: [FileID]) {
        if plan.takesConfirmations {
            base.confirmPublication(files)
        }
    }

    package func movePublication(_ file: FileID, to path: BucketPath, keepingJobsOf held: Set<FileID>) async throws
        -> FileRecord
    {
        try await plan.transaction(.movePublication) {
            try await base.movePublication(file, to: path, keepingJobsOf: held)
        }
    }

    package func withdrawPublication(_ files: [FileID]) async throws {
        try await plan.transaction(.withdrawPublication) { try await base.withdrawPublication(files) }
    }

    package func markGone(_ files: [FileID], keepingJobsOf held: Set<FileID>) async throws {
        try await plan.transaction(.markGone) { try await base.markGone(files, keepingJobsOf: held) }
    }

    package func markCorrupt(_ file: FileID) async throws {
        try await plan.transaction(.markCorrupt) { try await base.markCorrupt(file) }
    }

    package func renewIdentity(of file: FileID, _ identity: FileIdentity) async throws {
        try await plan.transaction(.renewIdentity) { try await base.renewIdentity(of: file, identity) }
    }

    package func beginDeletion(of file: FileID) async throws -> PendingDeletion? {
        try await plan.transaction(.beginDeletion) { try await base.beginDeletion(of: file) }
    }

    package func finishDeletion(of file: FileID) async throws {
        try await plan.transaction(.finishDeletion) { try await base.finishDeletion(of: file) }
    }

    package func revokeDeletion(_ deletion: PendingDeletion) async throws {
        try await plan.transaction(.revokeDeletion) { try await base.revokeDeletion(deletion) }
    }

    package func pruneFiles(_ files: [FileID]) async throws {
        try await plan.transaction(.pruneFiles) { try await base.pruneFiles(files) }
    }

    package func pruneEvents(before moment: Timestamp, limit: Int) async throws -> Int {
        try await plan.transaction(.pruneEvents) { try await base.pruneEvents(before: moment, limit: limit) }
    }

    package func replaceForeignFiles(
        after first: BucketPath?,
        through last: BucketPath?,
        with files: [ForeignFile]
    ) async throws {
        try await plan.transaction(.replaceForeignFiles) {
            try await base.replaceForeignFiles(after: first, through: last, with: files)
        }
    }
}

extension FaultyFileLedger {
    package func file(at path: BucketPath) async throws -> FileRecord? { try await base.file(at: path) }

    package func file(_ id: FileID) async throws -> FileRecord? { try await base.file(id) }

    package func files(prefix: String, after: BucketPath?, limit: Int) async throws -> [FileRecord] {
        try await base.files(prefix: prefix, after: after, limit: limit)
    }

    package func newestFiles(limit: Int) async throws -> [FileRecord] { try await base.newestFiles(limit: limit) }

    package func unfinishedFiles() async throws -> [FileRecord] { try await base.unfinishedFiles() }

    package func storedBytes() async throws -> Int64 { try await base.storedBytes() }

    package func storedBytes(of owner: String) async throws -> Int64 { try await base.storedBytes(of: owner) }

    package func publishedFiles(of owner: String) async throws -> Int { try await base.publishedFiles(of: owner) }

    package func prunableFiles(
        endedBefore moment: Timestamp,
        excluding excluded: [FileID],
        limit: Int
    ) async throws -> [FileRecord] {
        try await base.prunableFiles(endedBefore: moment, excluding: excluded, limit: limit)
    }

    package func foreignFiles(prefix: String, after: BucketPath?, limit: Int) async throws -> [ForeignFile] {
        try await base.foreignFiles(prefix: prefix, after: after, limit: limit)
    }
}
