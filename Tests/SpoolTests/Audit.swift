import IngestTesting
import Ledger
import Spool
import SystemPackage
import Testing

@testable import Ingest

/// A ledger whose rows and jobs a test can read all.
protocol AuditedLedger: FileLedger, UploadLedger {
    /// Every file with its jobs' states.
    func everything() async throws -> [(file: FileRecord, jobs: [JobState])]
}

extension InMemoryFileLedger: AuditedLedger {
    func everything() async throws -> [(file: FileRecord, jobs: [JobState])] {
        rows.map { ($0, job(of: $0.id).map { [$0] } ?? []) }
    }
}

extension LedgerDatabase: AuditedLedger {
    func everything() async throws -> [(file: FileRecord, jobs: [JobState])] {
        var found: [(file: FileRecord, jobs: [JobState])] = []
        var number: Int64 = 1
        while let file = try await file(FileID(number)) {
            found.append((file, try await jobs(of: [file.id])[file.id]?.map(\.state) ?? []))
            number += 1
        }
        return found
    }
}

extension TestBucket {
    /// After recovery: bucket, ledger, jobs and spool tell the same story.
    func audit(_ daemon: Daemon, _ ledger: any AuditedLedger, _ place: Comment) async throws {
        var files = try visible()
        for (file, jobs) in try await ledger.everything() {
            switch file.state {
            case .published:
                #expect(try path(file.path.description).status().identity == file.identity, place)
                #expect(try await daemon.get(file.path.description).record?.id == file.id, place)
                #expect(files.removeValue(forKey: file.path.description) != nil, place)
                #expect(jobs == [.ready], "\(place): the jobs of \(file.path) are \(jobs)")
            case .publishing, .deleting, .corrupt:
                Issue.record("\(place): \(file.path) is \(file.state)")
            case .superseded, .gone, .deleted, .withdrawn:
                #expect(jobs.allSatisfy { $0 == .cancelled }, "\(place): the jobs of \(file.path) are \(jobs)")
            }
        }
        #expect(files.isEmpty, "\(place): without a row: \(files)")
        #expect(try spool.entries().isEmpty, place)
        #expect(try options.state.appending("tmp").entries().isEmpty, place)
    }

    /// Without a restart: no upload holds anything any more, but for descriptors of files that are there.
    func expectNothingHeld(_ place: Comment, uncounted: Int = 0) async throws {
        #expect(daemon.intake.admission.given == Admission.Share(), place)
        if daemon.health.reason == nil {
            await plan.waitForDescriptors(idleDescriptors(holding: try visible().count) + uncounted)
        }
    }
}
