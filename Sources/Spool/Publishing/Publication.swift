import Ingest
import Logging
import SystemPackage
import Threading

/// Gives sealed uploads their names: the order of writes that makes an acknowledgement safe.
///
/// Run once, in a task that nobody cancels.
struct Publication {
    private let bucket: Bucket
    private let lease: NameLease
    private let choice: NameChoice
    private var placements: [Placement] = []
    private var records: [FileRecord] = []
    private var jobs: [[Job]] = []
    private var progress = Appearance.Progress()

    init(_ bucket: Bucket) {
        self.bucket = bucket
        lease = NameLease(bucket.locks)
        choice = NameChoice(
            tree: bucket.tree,
            calls: bucket.calls,
            ledger: bucket.ledger,
            lease: lease,
            hints: bucket.hints,
            threads: bucket.threads.publication
        )
    }

    mutating func run(_ uploads: [Publishable]) async throws -> [PublishedFile] {
        let ids = uploads.map(\.upload.id)
        bucket.spool.claims.claim(ids)
        defer { lease.unlockAll() }
        do {
            try bucket.health.requireHealthy()
            placements = try await choice.choose(uploads)
            try await makeSpoolSafe()
            try await record()
            try await appear()
            try await makeNamesSafe()
        } catch {
            if (error as? IngestError)?.code != .outcomeUnknown {
                bucket.spool.claims.release(ids)
            }
            throw error
        }
        bucket.ledger.confirmPublication(records.map(\.id))
        bucket.spool.claims.release(ids)
        await releaseReplaced()
        return zip(records, jobs).map { record, jobs in
            var file = PublishedFile(record: record, jobs: jobs)
            file.record.state = .published
            return file
        }
    }

    /// The spool's entries must outlive the commit that speaks of them.
    private func makeSpoolSafe() async throws {
        guard bucket.isDurable else { return }
        try await bucket.syncs.sync(bucket.spoolHandle)
    }

    private mutating func record() async throws {
        try bucket.health.requireHealthy()
        let held = bucket.spool.held.files(at: placements.map(\.path))
        let recorded = try await bucket.watchingForUnknownOutcomes { [placements] in
            try await bucket.ledger.recordPublication(placements.map(\.newFile), keepingJobsOf: held)
        }
        records = recorded.map(\.record)
        jobs = recorded.map(\.jobs)
        for record in records {
            bucket.spool.held.assign(record.upload, to: record)
        }
    }

    /// From here on there is no error but this publication's own: what fails is withdrawn whole.
    private mutating func appear() async throws {
        var renamings = 0
        while true {
            progress = await bucket.threads.publication.run { [appearance = Appearance(bucket), placements, progress] in
                appearance.run(placements, from: progress)
            }
            switch progress.stop {
            case nil:
                return
            case .taken where placements[progress.next].takesNextName && renamings < Self.maxRenamings:
                renamings += 1
                do {
                    try await takeNextName()
                } catch {
                    throw try await withdraw(because: error)
                }
            case .taken:
                throw try await withdraw(because: placements[progress.next].refusal)
            case .failed(let error):
                throw try await withdraw(because: error)
            }
        }
    }

    /// Others would have to win the race for each name in turn.
    private static let maxRenamings = 1000

    private mutating func takeNextName() async throws {
        let number = progress.next
        let assigned = Set(placements.map(\.path))
        let path = try await choice.next(for: placements[number].publishable.destination.path, assigned: assigned)
        let held = bucket.spool.held.files(at: [path])
        records[number] = try await bucket.watchingForUnknownOutcomes { [bucket, records] in
            try await bucket.ledger.movePublication(records[number].id, to: path, keepingJobsOf: held)
        }
        placements[number].path = path
        for job in jobs[number].indices { jobs[number][job].path = path }
        bucket.spool.held.assign(records[number].upload, to: records[number])
        progress.stop = nil
    }

    private func makeNamesSafe() async throws {
        if bucket.isDurable {
            try await bucket.syncs.sync(progress.directories)
        }
        bucket.tree.forget(progress.made.map(\.path))
    }

    /// Gives back the space of what was replaced: its jobs are cancelled, and nothing can be withdrawn any more.
    private func releaseReplaced() async {
        let replacing = placements.filter { $0.replaced != nil }
        if placements.count > 1, !replacing.isEmpty {
            let failures = await bucket.threads.publication.run { [appearance = Appearance(bucket)] in
                replacing.compactMap { placement -> Errno? in
                    do throws(Errno) {
                        try appearance.removeKept(placement)
                        return nil
                    } catch {
                        return error
                    }
                }
            }
            if let failure = failures.first {
                bucket.spool.logger.warning(
                    "a replaced file keeps its space until the next start",
                    metadata: ["file.path": "\(replacing[0].path)", "error": "\(failure)"]
                )
            }
        }
        for placement in replacing {
            if let old = placement.replaced {
                bucket.spool.held.release(old.id)
            }
        }
    }

    /// Takes back what is in place, so that nothing of the request stays; the error to answer with.
    ///
    /// Throws `.outcomeUnknown` if that fails too. An unknown outcome is passed on: recovery decides.
    private func withdraw(because error: any Error) async throws -> any Error {
        guard (error as? IngestError)?.code != .outcomeUnknown else { return error }
        let outcome = await bucket.threads.publication.result {
            [appearance = Appearance(bucket), placements, progress] () throws(Errno) in
            try appearance.takeBack(placements, after: progress)
        }
        let lost: [FileID]
        switch outcome {
        case .success(let files):
            lost = files
        case .failure(let failure):
            bucket.health.fail("a publication could not be withdrawn: \(failure)")
            throw IngestError(.outcomeUnknown, "Whether the files were kept is unknown.", cause: failure)
        }
        if bucket.isDurable {
            // A name taken back must not return with a power cut, once the row says it was withdrawn.
            try await bucket.syncs.sync(progress.directories + progress.made.map(\.parent) + [bucket.spoolHandle])
        }
        bucket.tree.forget(progress.made.map(\.path))
        try await recordWithdrawal()
        if !lost.isEmpty {
            try await bucket.markGone(lost)
        }
        return error
    }

    private func recordWithdrawal() async throws {
        do {
            try await withdrawRows()
        } catch let error as IngestError where error.code != .outcomeUnknown {
            guard placements.allSatisfy({ $0.publishable.resource == nil }) else {
                // The record calls an upload complete whose bytes clients were told to be safe: recovery publishes them.
                bucket.health.fail("a withdrawal could not be recorded: \(error)")
                throw IngestError(.outcomeUnknown, "Whether the file was kept is unknown.", cause: error.cause)
            }
            // The disk may be full: of these very files. Without them, what recovery finds of the rows is nothing.
            try await removeSpoolFiles()
            do {
                try await withdrawRows()
            } catch let error as IngestError where error.code != .outcomeUnknown {
                bucket.spool.logger.error(
                    "a withdrawn publication keeps its names until the next start",
                    metadata: ["file.path": "\(placements[0].path)", "error": "\(error)"]
                )
            }
        }
    }

    private func withdrawRows() async throws {
        try await bucket.watchingForUnknownOutcomes { [bucket, records] in
            try await bucket.ledger.withdrawPublication(records.map(\.id))
        }
    }

    private func removeSpoolFiles() async throws {
        let outcome = await bucket.threads.publication.result { [bucket, placements] () throws(Errno) in
            for placement in placements {
                do throws(Errno) {
                    try bucket.calls.unlink(placement.spoolName, in: bucket.spool.state.spool)
                } catch .noSuchFileOrDirectory {
                    continue
                }
            }
        }
        for placement in placements {
            bucket.spool.held.release(placement.upload.id)
        }
        if case .failure(let failure) = outcome {
            bucket.health.fail("a withdrawn upload could not be removed: \(failure)")
            throw IngestError(.outcomeUnknown, "Whether the files were kept is unknown.", cause: failure)
        }
        if bucket.isDurable {
            try await bucket.syncs.sync(bucket.spoolHandle)
        }
    }
}
