import Ingest
import SystemPackage

/// A look at the name of an upload before its body is read: it saves the client a body that would be refused.
///
/// Advice only: the publication decides, with the name locked.
struct NameAdvice: Sendable {
    let files: any BucketFiles

    /// Throws what the publication would throw if it were now.
    ///
    /// In a task of its own, because the one of an upload keeps the stack of its deepest call for as long as the body takes
    /// to come.
    func check(_ destination: Destination) async throws {
        try await Task { try await look(at: destination) }.value
    }

    private func look(at destination: Destination) async throws {
        switch try await find(destination.path) {
        case .nothing:
            try await checkDirectories(of: destination.path)
        case .file where destination.collision == .rename && destination.precondition == .none:
            return
        case .file(let isOurs):
            try refuse(destination, isOurs: isOurs)
        case .directory:
            guard destination.collision != .rename || destination.precondition != .none else { return }
            throw IngestError(.isDirectory, "The name is a directory's.")
        }
    }

    private enum Finding {
        case nothing
        case file(isOurs: Bool)
        case directory
    }

    private func refuse(_ destination: Destination, isOurs: Bool) throws(IngestError) {
        switch (destination.precondition, destination.collision) {
        case (.none, .replace), (.exists, _), (.digest, _):
            guard !isOurs else {
                // Whatever the condition: it may not be replaced.
                guard destination.collision != .reject else { throw IngestError(.nameTaken, "The name is taken.") }
                return
            }
            throw destination.precondition == .none
                ? IngestError(.notOurs, "The name holds a file that was put there or changed by others.")
                : IngestError(.preconditionFailed, "What the name holds is not what the request expects.")
        case (.none, _):
            throw IngestError(.nameTaken, "The name is taken.")
        case (.absent, _):
            throw IngestError(.preconditionFailed, "What the name holds is not what the request expects.")
        }
    }

    /// What is to become a directory must not be a file.
    private func checkDirectories(of path: BucketPath) async throws {
        var directory = path.directory
        while let path = directory {
            switch try await find(path) {
            case .directory: return
            case .file: throw IngestError(.nameTaken, "A directory of the path is a file or a link.")
            case .nothing: directory = path.directory
            }
        }
    }

    private func find(_ path: BucketPath) async throws -> Finding {
        do {
            let file = try await files.open(path)
            // Opened for reading: nothing is lost with an error here.
            try? file.descriptor.close()
            return .file(isOurs: file.record != nil)
        } catch let error as IngestError where error.code == .notFound {
            return .nothing
        } catch let error as IngestError where error.code == .isDirectory {
            return .directory
        }
    }
}
