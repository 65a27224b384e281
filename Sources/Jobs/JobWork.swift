package import Ingest
package import Logging

/// What one run of a task works with.
package struct JobWork: Sendable {
    package let claim: JobClaim
    /// The file, opened for reading: the descriptor is the runner's to close.
    ///
    /// Nil for a periodic task.
    package let file: OpenedFile?
    package let scratch: Scratch
    /// Names job, file and upload in its metadata.
    package let logger: Logger

    package init(claim: JobClaim, file: OpenedFile?, scratch: Scratch, logger: Logger) {
        self.claim = claim
        self.file = file
        self.scratch = scratch
        self.logger = logger
    }

    /// Record and open file of a file task.
    ///
    /// Throws `.permanent` where a periodic job carries a file task's kind.
    package func source() throws(TaskFailure) -> (record: FileRecord, file: OpenedFile) {
        guard let record = claim.file, let file else {
            throw TaskFailure(.permanent, "The job names no file.")
        }
        return (record, file)
    }
}
