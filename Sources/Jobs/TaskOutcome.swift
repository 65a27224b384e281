package import Digests
package import SystemPackage

/// How a run of a task ended, if it did not fail.
package enum TaskOutcome: Sendable, Equatable {
    /// The result is opaque to all but the task and its readers.
    ///
    /// Before the job is `done` the outputs are put in place, and what is `obsolete` is removed: files, by absolute
    /// path, that earlier runs or generations put there and this run does not. The file's `digests` are recorded.
    case done(
        result: String? = nil,
        outputs: [TaskOutput] = [],
        obsolete: [FilePath] = [],
        digests: [DigestAlgorithm: Digest] = [:]
    )
    /// Nothing can be made of these bytes, now or later: the job is dead, once what is obsolete was removed.
    case refused(reason: String, obsolete: [FilePath] = [])
    /// The untouched file's bytes are not those that were acknowledged: the file is marked so and the job is dead.
    case corrupt(reason: String)
}

/// A file that a task made, still in its scratch directory.
package struct TaskOutput: Sendable, Equatable {
    package var temporary: ScratchFile
    /// Where it goes, absolute and on the scratch directory's filesystem; what is there is replaced.
    ///
    /// Directories are made.
    package var destination: FilePath

    package init(temporary: ScratchFile, destination: FilePath) {
        self.temporary = temporary
        self.destination = destination
    }
}
