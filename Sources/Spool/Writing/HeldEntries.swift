import Ingest
import SystemPackage

/// Which descriptors are held, by upload and, once it is recorded, by file.
struct HeldEntries {
    private struct Entry {
        var descriptor: FileDescriptor
        var upload: UploadID
        var file: FileID?
        var path: BucketPath?
    }

    private let limit: Int
    private var entries: [Int: Entry] = [:]
    private var uploads: [UploadID: Int] = [:]
    private var files: [FileID: Int] = [:]
    private var paths: [BucketPath: Set<FileID>] = [:]
    private var next = 0
    /// No entry is older than this.
    private var oldest = 0

    init(limit: Int) {
        self.limit = limit
    }

    /// The descriptor that had to make room, if any.
    mutating func insert(_ descriptor: FileDescriptor, for upload: UploadID) -> FileDescriptor? {
        guard limit > 0 else { return descriptor }
        entries[next] = Entry(descriptor: descriptor, upload: upload)
        uploads[upload] = next
        next += 1
        guard entries.count > limit else { return nil }
        while entries[oldest] == nil {
            oldest += 1
        }
        return remove(at: oldest)
    }

    mutating func assign(_ upload: UploadID, to file: FileID, at path: BucketPath) {
        guard let place = uploads[upload], var entry = entries[place] else { return }
        forgetPath(of: entry)
        entry.file = file
        entry.path = path
        entries[place] = entry
        files[file] = place
        paths[path, default: []].insert(file)
    }

    mutating func remove(_ upload: UploadID) -> FileDescriptor? {
        uploads[upload].flatMap { remove(at: $0) }
    }

    mutating func remove(_ file: FileID) -> FileDescriptor? {
        files[file].flatMap { remove(at: $0) }
    }

    mutating func removeAll() -> [FileDescriptor] {
        entries.keys.sorted().compactMap { remove(at: $0) }
    }

    func descriptor(of file: FileID) -> FileDescriptor? {
        files[file].flatMap { entries[$0]?.descriptor }
    }

    func files(at path: BucketPath) -> Set<FileID> {
        paths[path] ?? []
    }

    private mutating func remove(at place: Int) -> FileDescriptor? {
        guard let entry = entries.removeValue(forKey: place) else { return nil }
        uploads[entry.upload] = nil
        forgetPath(of: entry)
        if let file = entry.file {
            files[file] = nil
        }
        return entry.descriptor
    }

    private mutating func forgetPath(of entry: Entry) {
        guard let file = entry.file, let path = entry.path else { return }
        paths[path]?.remove(file)
        if paths[path]?.isEmpty == true {
            paths[path] = nil
        }
    }
}
