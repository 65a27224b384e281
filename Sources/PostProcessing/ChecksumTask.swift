package import Digests
package import Ingest
package import Jobs
import Logging
import Metrics
import SystemPackage
package import Threading

/// Reads a file back from the disk, compares it with what was acknowledged, and computes what further digests are wanted.
///
/// Those go to the ledger alone: nothing touches a file after its publication, its attributes neither.
package struct ChecksumTask: PostProcessingTask {
    /// What a `checksum` job says of its file.
    package enum Result: String, Sendable {
        case verified
        /// Others changed the file: there is nothing to compare with.
        case changedOutside = "changed outside"
        /// The bytes are right, the attribute that tells their digest to other programs is not.
        case attributeDiffers = "verified, but the checksum attribute differs"
    }

    package static let kind = JobKind("checksum")
    /// The extended attribute with the digest in hexadecimal, written before publication.
    package static let attribute = "user.checksum.sha256"

    package let description = TaskDescription(
        kind: kind,
        isPeriodic: false,
        job: PlannedJob(kind: kind, maxAttempts: 3)
    )
    package let concurrency: Int
    package let retryPolicy = RetryPolicy.local
    /// Enough for 10 TB from a slow disk.
    package let deadline = Duration.seconds(48 * 3600)

    /// What is recorded of every file besides its SHA-256.
    private let digests: Set<DigestAlgorithm>
    private let calls: any FileCalls
    private let threads: BlockingThreads
    private let wrongAttributes = Counter(label: "bucketd_checksum_attributes_wrong_total")

    /// `threads` are kept busy by long reads: `concurrency` of them at most.
    package init(
        concurrency: Int,
        digests: Set<DigestAlgorithm> = [],
        calls: any FileCalls,
        threads: BlockingThreads
    ) {
        self.concurrency = concurrency
        self.digests = digests
        self.calls = calls
        self.threads = threads
    }

    package func run(_ work: JobWork) async throws -> TaskOutcome {
        let (record, file) = try work.source()
        let found = try await read(file.descriptor, of: record)
        guard let found else { return .done(result: Result.changedOutside.rawValue) }
        guard found.digest == record.digest else {
            return .corrupt(
                reason: "The file's SHA-256 is \(found.digest), but \(record.digest) was received and acknowledged."
            )
        }
        if let attribute = found.attribute, attribute != Array(record.digest.hexadecimal.utf8) {
            wrongAttributes.increment()
            work.logger.error(
                "checksum attribute differs",
                metadata: ["file.attribute": "\(String(decoding: attribute.prefix(80), as: UTF8.self))"]
            )
            return .done(result: Result.attributeDiffers.rawValue, digests: found.digests)
        }
        return .done(result: Result.verified.rawValue, digests: found.digests)
    }

    /// Digests and attribute; nil if the file is not as we published it.
    private func read(_ file: FileDescriptor, of record: FileRecord) async throws -> Found? {
        let reading = ColdReading(file: file, calls: calls)
        let missing = digests.filter { record.knownDigests[$0] == nil }
        do {
            return try await withTaskCancellationHandler {
                try await threads.run { () throws(ColdReading.Failure) in
                    // Before and after: whoever touches the file while it is read changes its times or size.
                    guard try reading.identity() == record.identity else { return nil }
                    let (digest, digests) = try reading.digests(missing)
                    let attribute = try reading.attribute(Self.attribute)
                    guard try reading.identity() == record.identity else { return nil }
                    return Found(digest: digest, digests: digests, attribute: attribute)
                }
            } onCancel: {
                reading.cancel()
            }
        } catch ColdReading.Failure.errno(let errno) {
            throw TaskFailure(.transient, "The file could not be read: \(errno).")
        } catch ColdReading.Failure.cancelled {
            throw CancellationError()
        }
    }

    private struct Found: Sendable {
        var digest: SHA256Digest
        /// Those that are wanted and were not known.
        var digests: [DigestAlgorithm: Digest]
        /// Nil where there is none, as on filesystems without extended attributes.
        var attribute: [UInt8]?
    }
}
