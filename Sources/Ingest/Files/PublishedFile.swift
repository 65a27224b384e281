/// A file that was just published, and the jobs that were recorded with it, as they were then.
package struct PublishedFile: Sendable, Equatable {
    package var record: FileRecord
    package var jobs: [Job]

    package init(record: FileRecord, jobs: [Job]) {
        self.record = record
        self.jobs = jobs
    }
}
