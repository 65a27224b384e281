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
        let kinds = sources.map { $0 == "-" ? nil : FileKind(FilePath($0)) }
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
            items.append(PutItem(source: .file(path), name: try names.name(of: path), size: size))
        case .directory?:
            try walk(path, below: try names.prefix(ofFolder: path))
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

    private mutating func walk(_ top: FilePath, below prefix: String) throws(ClientError) {
        let folder: SourceFolder
        do throws(Errno) {
            folder = try SourceFolder(top)
        } catch {
            throw ClientError(.local, "\(error)", cause: error)
        }
        // Folders that are still to be read, by their paths below the first, the next one last.
        var waiting = [(path: FilePath(""), prefix: prefix)]
        while let next = waiting.popLast() {
            let source = { (path: FilePath) in PutItem.Source.inner(path, of: folder) }
            let entries: [SourceFolder.Entry]
            do throws(Errno) {
                entries = try folder.entries(of: next.path)
            } catch {
                failures.append((source(next.path).description, ClientError(.local, "\(error)", cause: error)))
                continue
            }
            var inner: [(path: FilePath, prefix: String)] = []
            for entry in entries {
                let path = next.path.appending(FilePath(bytes: entry.name).components)
                switch entry.kind {
                case .regular(let size)?:
                    add(source(path), named: entry.name, below: next.prefix, size)
                case .directory?:
                    inner.append((path, next.prefix + String(decoding: entry.name, as: UTF8.self) + "/"))
                case .other(let kind)?:
                    skipped.append((source(path).description, kind))
                case nil:
                    failures.append((source(path).description, ClientError(.local, "It is not there any more.")))
                }
            }
            waiting += inner.reversed()
        }
    }

    private mutating func add(_ source: PutItem.Source, named name: [UInt8], below prefix: String, _ size: Int64) {
        do throws(ClientError) {
            let name = try DestinationNames.checked(prefix + DestinationNames.text(name))
            items.append(PutItem(source: source, name: name, size: size))
        } catch {
            failures.append((source.description, error))
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
}
