import CLinux
import Ingest
import SystemPackage
import Threading

/// What a file without a record is.
enum ExaminedFile: Sendable, Equatable {
    /// Its content is what its checksum attribute says.
    case upload(FileIdentity, SHA256Digest)
    /// It was changed since it got its attribute, or just now.
    case changed
    case foreign
    case unreadable
    case gone
}

extension BucketWalker {
    /// Reads a file that has a checksum attribute.
    func examine(_ path: BucketPath) throws(IngestError) -> ExaminedFile {
        let calls = bucket.calls
        do throws(Errno) {
            let file = OwnedDescriptor(
                try calls.open(path.filePath, beneath: bucket.spool.state.bucket, .readNonblocking),
                calls
            )
            let status = try calls.status(of: file.raw)
            guard status.isRegularFile, path.isAllowedForUploads,
                let attribute = try calls.attribute(Sealing.checksumAttribute, of: file.raw)
            else { return .foreign }
            let digest = try digest(of: file.raw)
            guard attribute == Array(digest.hexadecimal.utf8), try calls.status(of: file.raw) == status else {
                return .changed
            }
            return .upload(status.identity, digest)
        } catch {
            switch error {
            case .noSuchFileOrDirectory, .notDirectory, .tooManySymbolicLinkLevels: return .gone
            // A longer attribute than ours (ERANGE).
            case .outOfRange: return .changed
            // What is short will be short for every file.
            case .tooManyOpenFiles, .tooManyOpenFilesInSystem, .noMemory, .canceled:
                throw .storage("The file cannot be read.", error)
            default: return .unreadable
            }
        }
    }

    private func digest(of file: FileDescriptor) throws(Errno) -> SHA256Digest {
        var hasher = ContentHasher()
        var offset: Int64 = 0
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        while true {
            let count = try bucket.calls.read(into: buffer, from: file, at: offset)
            guard count > 0 else { return hasher.finish() }
            hasher.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            offset += Int64(count)
        }
    }
}

extension BucketPath {
    /// Whether an upload may have this name: others rename files as they like.
    fileprivate var isAllowedForUploads: Bool {
        let segments = bytes.split(separator: UInt8(ascii: "/")).map { String(validating: $0, as: UTF8.self) }
        guard !segments.contains(nil) else { return false }
        do {
            return try BucketPath(segments: segments.compactMap(\.self)).bytes == bytes
        } catch {
            return false
        }
    }
}
