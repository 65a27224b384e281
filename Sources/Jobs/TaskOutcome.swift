package import SystemPackage

/// How a run of a task ended, if it did not fail.
package enum TaskOutcome: Sendable, Equatable {
    /// The result is opaque to all but the task and its readers; the outputs are put in place before the job is `done`.
    case done(result: String? = nil, outputs: [TaskOutput] = [])
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
