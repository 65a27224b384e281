import Glibc
import Ingest
import SystemPackage

/// All that is to be uploaded, found before the first byte is sent.
struct UploadPlan: Sendable {
    private(set) var items: [PutItem] = []
    private(set) var failures: [(source: String, error: ClientError)] = []
    /// What is passed over, and what it is.
    private(set) var skipped: [(source: String, kind: String)] = []

    /// Bytes of all files whose size is known.
    var size: Int64 { items.reduce(0) { $0 + ($1.size ?? 0) } }

    /// Walks through folders.
    ///
    /// Throws `.usage` where `to` does not fit, or two files would get one name.
    init(_ sources: [String], to: String?) throws(ClientError) {
        let kinds = sources.map { $0 == "-" ? nil : FileKind(FilePath($0), followingLinks: true) }
        let names = try DestinationNames(
            to: to,
            sources: sources,
            holdsFolders: kinds.contains { $0?.isDirectory == true }
        )
        for (source, kind) in zip(sources, kinds) {
            do throws(ClientError) {
                try add(source, kind, names)
            } catch {
                failures.append((source, error))
            }
        }
        try requireDifferentNames()
    }

    private mutating func add(_ source: String, _ kind: FileKind?, _ names: DestinationNames) throws(ClientError) {
        guard source != "-" else {
            items.append(PutItem(source: .standardInput, name: try names.nameOfStandardInput()))
            return
        }
        let path = FilePath(source)
        switch kind {
        case .regular(let size)?:
            items.append(PutItem(source: .file(path, isNamed: true), name: try names.name(of: path), size: size))
        case .directory?:
            walk(path, below: try names.prefix(ofFolder: path))
        case .other(let kind)?:
            throw ClientError(.local, "It is \(kind), and no file.")
        case nil:
            throw ClientError(.local, "\(Errno(rawValue: errno(of: path)))")
        }
    }

    private func errno(of path: FilePath) -> Int32 {
        var status = stat()
        // Not by `string`, which a name that is no text does not survive.
        return path.withPlatformString { stat($0, &status) } == 0 ? 0 : Glibc.errno
    }

    private mutating func walk(_ top: FilePath, below prefix: String) {
        // Folders that are still to be read, the next one last.
        var waiting = [(path: top, prefix: prefix)]
        while let folder = waiting.popLast() {
            guard let names = Self.names(in: folder.path) else {
                let cause = Errno(rawValue: Glibc.errno)
                failures.append((folder.path.string, ClientError(.local, "\(cause)", cause: cause)))
                continue
            }
            var inner: [(path: FilePath, prefix: String)] = []
            for name in names {
                let path = folder.path.appending(FilePath(bytes: name).components)
                switch FileKind(path, followingLinks: false) {
                case .regular(let size)?:
                    add(path, named: name, below: folder.prefix, size)
                case .directory?:
                    inner.append((path, folder.prefix + String(decoding: name, as: UTF8.self) + "/"))
                case .other(let kind)?:
                    skipped.append((path.string, kind))
                case nil:
                    failures.append((path.string, ClientError(.local, "It is not there any more.")))
                }
            }
            waiting += inner.reversed()
        }
    }

    private mutating func add(_ path: FilePath, named name: [UInt8], below prefix: String, _ size: Int64) {
        do throws(ClientError) {
            let name = try DestinationNames.checked(prefix + DestinationNames.text(name))
            items.append(PutItem(source: .file(path, isNamed: false), name: name, size: size))
        } catch {
            failures.append((path.string, error))
        }
    }

    private func requireDifferentNames() throws(ClientError) {
        var sources: [String: String] = [:]
        for item in items {
            if let other = sources.updateValue(item.source.description, forKey: item.name) {
                let both = "\(VisibleText(other)) and \(VisibleText(item.source.description))"
                throw ClientError(.usage, "\(both) would both be stored as \(VisibleText(item.name)).")
            }
        }
    }

    /// The sorted names of a folder's entries; nil with `errno` if it cannot be read.
    private static func names(in folder: FilePath) -> [[UInt8]]? {
        guard let stream = folder.withPlatformString({ opendir($0) }) else { return nil }
        defer { closedir(stream) }
        var names: [[UInt8]] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in Array(bytes.prefix { $0 != 0 }) }
            if name != Array(".".utf8) && name != Array("..".utf8) { names.append(name) }
        }
        return names.sorted { $0.lexicographicallyPrecedes($1) }
    }
}
