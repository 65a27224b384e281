import Ingest
import SystemPackage

/// A walk through the bucket's visible regular files, sorted by the bytes of their paths.
///
/// Holds the names of one directory per level, and nothing else. Its calls block.
struct BucketWalk: Sendable {
    struct Found: Sendable {
        var path: BucketPath
        var identity: FileIdentity
    }

    private struct Entry: Sendable {
        var name: FilePath
        /// As it counts in the order of whole paths: a directory's files come where `name/` would.
        var key: [UInt8]
        var status: FileStatus
    }

    private struct Level: Sendable {
        var directory: DirectoryHandle
        var prefix: [UInt8]
        var entries: [Entry]
        var next = 0
    }

    /// Deeper directories are left out.
    private static let maxDepth = 64

    private let calls: any FileCalls
    /// Directories that are not the bucket's although they are in it: a state directory asked for there.
    private let excluded: Set<DirectoryKey>
    private var levels: [Level] = []

    init(_ root: DirectoryHandle, excluding excluded: Set<DirectoryKey>, _ calls: any FileCalls) throws(Errno) {
        self.calls = calls
        self.excluded = excluded
        try enter(root, prefix: [])
    }

    /// The next files, at most `limit`; fewer only at the end.
    mutating func next(_ limit: Int) throws(Errno) -> [Found] {
        var found: [Found] = []
        while found.count < limit, var level = levels.popLast() {
            guard level.next < level.entries.count else { continue }
            let entry = level.entries[level.next]
            level.next += 1
            levels.append(level)
            if entry.status.isDirectory {
                try descend(into: entry, of: level)
            } else {
                let path = BucketPath(recorded: level.prefix + entry.key)
                found.append(Found(path: path, identity: entry.status.identity))
            }
        }
        return found
    }

    private mutating func descend(into entry: Entry, of level: Level) throws(Errno) {
        guard levels.count < Self.maxDepth else { return }
        do throws(Errno) {
            let opened = try calls.open(entry.name, in: level.directory.descriptor, .directory)
            let directory = try DirectoryHandle(owning: opened, calls)
            guard !excluded.contains(directory.key) else { return }
            try enter(directory, prefix: level.prefix + entry.key)
        } catch  where Self.isSkipped(error) {
            return
        }
    }

    private mutating func enter(_ directory: DirectoryHandle, prefix: [UInt8]) throws(Errno) {
        var entries: [Entry] = []
        for name in try calls.entries(of: directory.descriptor) {
            let bytes = name.withPlatformString { text in
                UnsafeBufferPointer(start: text, count: name.length).map { UInt8(bitPattern: $0) }
            }
            guard bytes.first != UInt8(ascii: ".") else { continue }
            do throws(Errno) {
                let status = try calls.status(of: name, in: directory.descriptor)
                if status.isDirectory {
                    entries.append(Entry(name: name, key: bytes + [UInt8(ascii: "/")], status: status))
                } else if status.isRegularFile {
                    entries.append(Entry(name: name, key: bytes, status: status))
                }
            } catch  where Self.isSkipped(error) {
                continue
            }
        }
        entries.sort { $0.key.lexicographicallyPrecedes($1.key) }
        levels.append(Level(directory: directory, prefix: prefix, entries: entries))
    }

    /// Gone meanwhile, or not for us to read.
    private static func isSkipped(_ error: Errno) -> Bool {
        switch error {
        case .noSuchFileOrDirectory, .notDirectory, .tooManySymbolicLinkLevels, .permissionDenied: true
        default: false
        }
    }
}
