import Foundation
import Ingest
import IngestTesting
import SystemPackage
import Threading

extension MemoryBucket: BucketFiles {
    func publish(_ uploads: [Publishable]) async throws -> [PublishedFile] {
        try state.withLock { state in
            if let error = state.publicationError { throw error }
            for upload in uploads {
                try Self.check(upload.destination, in: state)
            }
            let files = uploads.map { upload in
                let bytes = state.spool.removeValue(forKey: upload.upload.id) ?? []
                let record = Self.publish(
                    bytes,
                    at: Self.path(for: upload.destination, in: state),
                    contentType: upload.contentType,
                    originalName: upload.originalName,
                    digests: upload.upload.digests,
                    plan: plan,
                    owner: upload.owner,
                    in: &state
                )
                if let resource = upload.resource { self.uploads.complete(resource, with: [record]) }
                return PublishedFile(record: record, jobs: state.jobs.filter { $0.file == record.id })
            }
            if let request = uploads.first?.request { requests.record(request, files: files) }
            return files
        }
    }

    func open(_ path: BucketPath) async throws -> OpenedFile {
        let (bytes, record) = try state.withLock { state -> ([UInt8], FileRecord?) in
            if let file = state.files[path] { return (file.bytes, file.isTouched ? nil : file.record) }
            if let bytes = state.foreign[path] { return (bytes, nil) }
            throw Self.missing(path, in: state)
        }
        let identity = record?.identity ?? Self.identity(of: bytes, number: 99)
        let status = FileStatus(identity: identity, mode: 0o100640, links: 1, owner: 0, group: 0, device: 1)
        return OpenedFile(descriptor: try Self.descriptor(with: bytes), status: status, record: record)
    }

    func open(_ file: FileRecord) async throws -> OpenedFile? { nil }

    func isHeld(_ file: FileID) -> Bool { false }
    func releaseHeld(_ file: FileID) {}

    func remove(_ path: BucketPath, if precondition: Precondition) async throws -> FileRecord {
        try state.withLock { state in
            guard let file = state.files[path] else {
                throw state.foreign[path] == nil
                    ? Self.missing(path, in: state) : IngestError(.notOurs, "Others put it there.")
            }
            guard !file.isTouched else { throw IngestError(.notOurs, "Others changed it.") }
            try Self.check(Destination(path: path, collision: .replace, precondition: precondition), in: state)
            state.files[path] = nil
            return file.record
        }
    }

    func present(_ files: [ForeignFile]) async throws -> [ForeignFile] { files }

    func present(_ files: [FileRecord]) async throws -> [FilePresence] {
        state.withLock { state in
            files.map { state.files[$0.path].map { $0.isTouched ? .changedOutside : .untouched } ?? .gone }
        }
    }

    private static func missing(_ path: BucketPath, in state: State) -> IngestError {
        let below = path.bytes + [UInt8(ascii: "/")]
        let isDirectory = (Array(state.files.keys) + Array(state.foreign.keys)).contains {
            $0.bytes.starts(with: below)
        }
        return IngestError(isDirectory ? .isDirectory : .notFound, isDirectory ? "A directory." : "No such file.")
    }

    private static func check(_ destination: Destination, in state: State) throws {
        let current = state.files[destination.path]
        let isHeld =
            switch destination.precondition {
            case .none: true
            case .absent: current == nil && state.foreign[destination.path] == nil
            case .exists: current != nil
            case .digest(let digests): current.map { digests.contains($0.record.digest) } ?? false
            }
        guard isHeld else { throw IngestError(.preconditionFailed, "The condition does not hold.") }
        guard destination.collision != .rename else { return }
        guard state.foreign[destination.path] == nil else { throw IngestError(.notOurs, "Others put it there.") }
        guard current == nil || destination.collision == .replace else {
            throw IngestError(.nameTaken, "The name is taken.")
        }
    }

    private static func path(for destination: Destination, in state: State) -> BucketPath {
        guard destination.collision == .rename else { return destination.path }
        var number = 0
        while true {
            let path = destination.path.alternative(number)
            if state.files[path] == nil, state.foreign[path] == nil { return path }
            number += 1
        }
    }

    /// A file of these bytes that is gone when the descriptor is closed.
    static func descriptor(with bytes: [UInt8]) throws -> FileDescriptor {
        let name = FilePath(NSTemporaryDirectory() + "bucketd-\(UploadID.random())")
        let file = try FileDescriptor.open(
            name,
            .readWrite,
            options: [.create, .exclusiveCreate],
            permissions: .ownerReadWrite
        )
        try FileManager.default.removeItem(atPath: name.string)
        try file.writeAll(bytes)
        return file
    }
}
