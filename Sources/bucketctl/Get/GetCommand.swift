import ArgumentParser

struct GetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Download files.",
        discussion: """
            A file appears under its name when all of it is there and is what its digest says; where the server knows no \
            digest, nothing is compared. What came of a file by the time the program is killed stays beside it, as \
            .bucketctl-….part, and may be removed. No name that begins with a dot is made of what a server lists.
            """
    )

    @OptionGroup var options: ServerOptions

    @Argument(help: "Paths on the server.")
    var paths: [String]

    @Option(
        name: .shortAndLong,
        help:
            "A folder that is there, or ends with a slash; else the name of the only file. The current folder if not given.",
        completion: .file()
    )
    var output: String?

    @Flag(help: "Paths are directories: get all that is in them.")
    var recursive = false

    @Flag(help: "Replace files of this machine.")
    var force = false

    @Option(help: "Attempts after one that failed for a passing reason.")
    var retries = 5

    @Flag(help: "Print failures only.")
    var quiet = false

    func validate() throws {
        guard !paths.isEmpty else { throw ValidationError("Name at least one path.") }
        guard (0...1000).contains(retries) else { throw ValidationError("--retries takes 0 to 1000.") }
    }

    func run() async throws {
        try await options.run { session in
            if !recursive { try Self.requireDifferentNames(paths) }
            let place = try DownloadPlace(output, isForOneFile: paths.count == 1 && !recursive)
            var written: Set<[UInt8]> = []
            var hasFailed = false
            for path in paths {
                do {
                    if recursive {
                        if try await !tree(path, on: session.server, place, &written) { hasFailed = true }
                    } else {
                        let name = try place.name.map { [$0] } ?? TargetFolder.components(of: Self.name(of: path))
                        try await file(session.server, session.server.url(ofFile: path), name, place)
                    }
                } catch {
                    hasFailed = true
                    Console.complain(of: path, error)
                }
            }
            if hasFailed { throw ExitCode.failure }
        }
    }

    private static func name(of path: String) -> String { path.slashSeparated().last ?? path }

    static func requireDifferentNames(_ paths: [String]) throws(ClientError) {
        // By bytes: names that look alike may be different files.
        var sources: [[UInt8]: String] = [:]
        for path in paths {
            let name = name(of: path)
            if let other = sources.updateValue(path, forKey: Array(name.utf8)) {
                let both = "\(VisibleText(other)) and \(VisibleText(path))"
                throw ClientError(.usage, "\(both) would both become \(VisibleText(name)).")
            }
        }
    }

    /// Whether all of it came; `written` are the names that this command has replaced so far.
    private func tree(
        _ path: String,
        on server: Server,
        _ place: DownloadPlace,
        _ written: inout Set<[UInt8]>
    ) async throws(ClientError) -> Bool {
        let above = FileTree.prefix(above: path).utf8.count
        var isWhole = true
        try await FileTree.forEachFile(below: path, on: server) { entry in
            do throws(ClientError) {
                guard let url = server.address.url(of: entry.url, below: "files") else {
                    throw ClientError(.unexpected, "The server's listing names no file.")
                }
                let name = String(decoding: entry.filename.utf8.dropFirst(above), as: UTF8.self)
                let components = try TargetFolder.components(of: name)
                // Without --force a name is only written once anyway.
                guard !force || written.insert(Array(name.utf8)).inserted else {
                    throw ClientError(.local, "Another file of this command has the name \(VisibleText(name)) here.")
                }
                try await file(server, url, components, place)
            } catch {
                isWhole = false
                Console.complain(of: entry.filename, error)
            }
        }
        return isWhole
    }

    private func file(
        _ server: Server,
        _ url: String,
        _ components: [String],
        _ place: DownloadPlace
    ) async throws(ClientError) {
        guard let last = components.last else { return }
        let name = components.joined(separator: "/")
        let folder = try place.folder.folder(components.dropLast())
        let (isQuiet, retries) = (quiet, retries)
        try await folder.make(last, replaces: force) { file throws(ClientError) in
            let download = Download(server: server, url: url, retries: retries) { error, pause in
                if !isQuiet { Console.complain(of: name, error, tryingAgainIn: pause) }
            }
            do throws(ClientError) {
                try await download.run(into: DownloadSink(into: file))
            } catch {
                guard error.code == .refused(307) else { throw error }
                throw ClientError(.usage, "It is a directory: --recursive gets all that is in it.")
            }
        }
        if !quiet { Console.print("\(VisibleText(name))") }
    }
}
