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

    /// Record and open file of a file task; the record is as it was when the file was opened.
    ///
    /// Throws `.permanent` where a periodic job carries a file task's kind.
    package func source() throws(TaskFailure) -> (record: FileRecord, file: OpenedFile) {
        guard let claimed = claim.file, let file else {
            throw TaskFailure(.permanent, "The job names no file.")
        }
        // The row of a restored file may have taken its new identity since the claim.
        guard let opened = file.record, opened.id == claimed.id else { return (claimed, file) }
        return (opened, file)
    }
}
