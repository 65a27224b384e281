import Ingest
import SystemPackage

/// A walk through the bucket's visible regular files, sorted by the bytes of their paths.
///
/// Holds a window of the names of each directory it is in, and nothing else. Its calls block. By its own word a
/// directory tells what its entries are; only where it does not is each looked at (readdir(3), DT_UNKNOWN).
struct BucketWalk: Sendable {
    private struct Level: Sendable {
        var directory: DirectoryHandle
        var prefix: [UInt8]
        var window: NameWindow
        /// The last name that was taken from the window.
        var last: [UInt8]?
    }

    struct Options: Sendable {
        /// Bytes that the names of the topmost directory may take at a time.
        ///
        /// Each level below has half of that of the
        /// one above, but not less than the floor, so that no depth takes more than twice this and 64 floors.
        var window = 8 << 20
        var windowFloor = 64 << 10
        /// Entries between two looks at whether the walk is still wanted.
        var stride = 256
    }

    /// Deeper directories are left out.
    private static let maxDepth = 64

    private let calls: any FileCalls
    private let root: DirectoryHandle
    /// Directories that are not the bucket's although they are in it: a state directory asked for there.
    private let excluded: Set<DirectoryKey>
    private let cancellation: WalkCancellation
    private let options: Options
    private var levels: [Level] = []
    private var isBegun = false

    init(
        _ root: DirectoryHandle,
        excluding excluded: Set<DirectoryKey>,
        _ calls: any FileCalls,
        _ cancellation: WalkCancellation,
        _ options: Options = Options()
    ) {
        self.root = root
        self.excluded = excluded
        self.calls = calls
        self.cancellation = cancellation
        self.options = options
    }

    /// The next files, at most `limit`; fewer only at the end.
    ///
    /// Throws `.canceled` when it is cancelled, at the latest `stride` entries later.
    mutating func next(_ limit: Int) throws(Errno) -> [BucketPath] {
        if !isBegun {
            isBegun = true
            try enter(root, prefix: [])
        }
        var found: [BucketPath] = []
        while found.count < limit, let level = levels.indices.last {
            if found.count % options.stride == 0 {
                try cancellation.check()
            }
            guard let name = levels[level].window.pop() else {
                try turn(level)
                continue
            }
            levels[level].last = name
            if name.last == UInt8(ascii: "/") {
                try descend(into: name)
            } else {
                found.append(BucketPath(recorded: levels[level].prefix + name))
            }
        }
        return found
    }

    /// Goes on with the directory's next window, or with the directory above.
    private mutating func turn(_ place: Int) throws(Errno) {
        let (directory, prefix, last) = (levels[place].directory, levels[place].prefix, levels[place].last)
        let isCut = levels[place].window.isCut
        // Before the next window is read: two of them at a time would be twice the memory.
        levels.removeLast()
        guard isCut else { return }
        do throws(Errno) {
            try enter(directory, prefix: prefix, after: last)
        } catch  where place > 0 && Self.isSkipped(error) {
            return
        }
    }

    private mutating func descend(into name: [UInt8]) throws(Errno) {
        guard levels.count < Self.maxDepth, let parent = levels.last else { return }
        try cancellation.check()
        do throws(Errno) {
            let opened = try calls.open(FilePath(bytes: name.dropLast()), in: parent.directory.descriptor, .directory)
            let directory = try DirectoryHandle(owning: opened, calls)
            guard !excluded.contains(directory.key) else { return }
            try enter(directory, prefix: parent.prefix + name)
        } catch  where Self.isSkipped(error) {
            return
        }
    }

    private mutating func enter(
        _ directory: DirectoryHandle,
        prefix: [UInt8],
        after last: [UInt8]? = nil
    ) throws(Errno) {
        let capacity = max(options.window >> levels.count, options.windowFloor)
        var window = NameWindow(after: last, capacity: capacity)
        var count = 0
        try calls.forEachEntry(of: directory.descriptor) { (name, type) throws(Errno) in
            count += 1
            if count % options.stride == 0 {
                try cancellation.check()
            }
            guard name.first != UInt8(ascii: ".") else { return }
            switch try resolved(type, name, in: directory) {
            case .regular: window.insert(name, isDirectory: false)
            case .directory: window.insert(name, isDirectory: true)
            case .other, .unknown: return
            }
        }
        window.sort()
        levels.append(Level(directory: directory, prefix: prefix, window: window))
    }

    private func resolved(
        _ type: EntryType,
        _ name: UnsafeRawBufferPointer,
        in directory: DirectoryHandle
    ) throws(Errno) -> EntryType {
        guard type == .unknown else { return type }
        do throws(Errno) {
            let status = try calls.status(of: FilePath(bytes: name), in: directory.descriptor)
            return status.isDirectory ? .directory : status.isRegularFile ? .regular : .other
        } catch  where Self.isSkipped(error) {
            return .other
        }
    }

    /// Gone meanwhile, or not for us to read.
    private static func isSkipped(_ error: Errno) -> Bool {
        switch error {
        case .noSuchFileOrDirectory, .notDirectory, .tooManySymbolicLinkLevels, .permissionDenied: true
        default: false
        }
    }
}
