import Glibc
import SystemPackage

/// Directories of the state that are not there before a check: it makes them to try them out, and must not leave what
/// belongs to whoever ran it in the daemon's way.
struct MadeDirectories {
    private let missing: [FilePath]

    init(_ state: FilePath) {
        let all = ["spool", "tmp", "thumbnails"].map { state.appending($0) } + [state]
        missing = all.filter { access($0.string, F_OK) != 0 }
    }

    /// What is not empty stays: it is another's.
    func remove() {
        for directory in missing { rmdir(directory.string) }
    }
}
