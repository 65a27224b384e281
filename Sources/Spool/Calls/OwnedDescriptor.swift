import Ingest
import SystemPackage

/// A descriptor with one owner.
struct OwnedDescriptor: ~Copyable, Sendable {
    let raw: FileDescriptor
    private let calls: any FileCalls
    private var isOwned = true

    init(_ raw: FileDescriptor, _ calls: any FileCalls) {
        self.raw = raw
        self.calls = calls
    }

    /// For a descriptor that was written to: the error of close(2) is an error of the write.
    consuming func close() throws(Errno) {
        isOwned = false
        try calls.close(raw)
    }

    /// Hands the descriptor over; whoever takes it closes it.
    consuming func release() -> FileDescriptor {
        isOwned = false
        return raw
    }

    deinit {
        if isOwned {
            // Only read from, or its content is given up: there is nothing that an error could tell.
            try? calls.close(raw)
        }
    }
}
