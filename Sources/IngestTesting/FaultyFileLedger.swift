package import Ingest

/// A ledger whose transactions fail, or wait, where a plan says so, and are otherwise those of `base`.
package struct FaultyFileLedger: FileLedger {
    package let base: any FileLedger
    package let plan: FaultPlan

    package init(_ base: any FileLedger, _ plan: FaultPlan) {
        self.base = base
        self.plan = plan
    }

    private func transaction<Value: Sendable>(
        _ call: LedgerCall,
        _ body: () async throws -> Value
    ) async throws -> Value {
        switch await plan.verdict(handingIn: call) {
        case nil:
            break
        case .nothingChanged(let error):
            throw error
        case .outcomeUnknown(let isKept):
            if isKept {
                _ = try await body()
            }
            throw FaultPlan.unknown
        }
        let value = try await body()
        if let error = await plan.verdict(answering: call) {
            throw error
        }
        return value
    }

    package func recordPublication(_ files: [NewFile], keepingJobsOf held: Set<FileID>) async throws -> [PublishedFile]
    {
        try await transaction(.recordPublication) { try await base.recordPublication(files, keepingJobsOf: held) }
    }

    package func confirmPublication(_ files: [FileID]) {
        if plan.takesConfirmations {
            base.confirmPublication(files)
        }
    }

    package func movePublication(_ file: FileID, to path: BucketPath, keepingJobsOf held: Set<FileID>) async throws
        -> FileRecord
    {
        try await transaction(.movePublication) { try await base.movePublication(file, to: path, keepingJobsOf: held) }
    }

    package func withdrawPublication(_ files: [FileID]) async throws {
        try await transaction(.withdrawPublication) { try await base.withdrawPublication(files) }
    }

    package func markGone(_ files: [FileID], keepingJobsOf held: Set<FileID>) async throws {
        try await transaction(.markGone) { try await base.markGone(files, keepingJobsOf: held) }
    }

    package func markCorrupt(_ file: FileID) async throws {
        try await transaction(.markCorrupt) { try await base.markCorrupt(file) }
    }

    package func renewIdentity(of file: FileID, _ identity: FileIdentity) async throws {
        try await transaction(.renewIdentity) { try await base.renewIdentity(of: file, identity) }
    }

    package func beginDeletion(of file: FileID) async throws -> PendingDeletion? {
        try await transaction(.beginDeletion) { try await base.beginDeletion(of: file) }
    }

    package func finishDeletion(of file: FileID) async throws {
        try await transaction(.finishDeletion) { try await base.finishDeletion(of: file) }
    }

    package func revokeDeletion(_ deletion: PendingDeletion) async throws {
        try await transaction(.revokeDeletion) { try await base.revokeDeletion(deletion) }
    }

    package func pruneFiles(_ files: [FileID]) async throws {
        try await transaction(.pruneFiles) { try await base.pruneFiles(files) }
    }

    package func pruneEvents(before moment: Timestamp, limit: Int) async throws -> Int {
        try await transaction(.pruneEvents) { try await base.pruneEvents(before: moment, limit: limit) }
    }

    package func replaceForeignFiles(
        after first: BucketPath?,
        through last: BucketPath?,
        with files: [ForeignFile]
    ) async throws {
        try await transaction(.replaceForeignFiles) {
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
