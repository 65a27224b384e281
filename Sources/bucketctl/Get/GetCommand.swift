import ArgumentParser

struct GetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Download files.",
        discussion: """
            A file appears under its name when all of it is there and is what its digest says; where the server knows no \
            digest, nothing is compared.
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
            let place = try DownloadPlace(output, isForOneFile: paths.count == 1 && !recursive)
            var hasFailed = false
            for path in paths {
                do {
                    if recursive {
                        if try await !tree(path, on: session.server, place) { hasFailed = true }
                    } else {
                        let name = path.split(separator: "/").last.map(String.init) ?? path
                        try await file(session.server, session.server.url(ofFile: path), place.name ?? name, place)
                    }
                } catch {
                    hasFailed = true
                    Console.complain(of: path, error)
                }
            }
            if hasFailed { throw ExitCode.failure }
        }
    }

    /// Whether all of it came.
    private func tree(_ path: String, on server: Server, _ place: DownloadPlace) async throws(ClientError) -> Bool {
        let files = try await FileTree.files(below: path, on: server)
        let above = FileTree.prefix(above: path)
        var isWhole = true
        for entry in files {
            do throws(ClientError) {
                guard let url = server.address.url(of: entry.url, below: "files"), entry.filename.hasPrefix(above)
                else {
                    throw ClientError(.unexpected, "The server's listing names no file.")
                }
                try await file(server, url, String(entry.filename.dropFirst(above.count)), place)
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
        _ name: String,
        _ place: DownloadPlace
    ) async throws(ClientError) {
        let components = try TargetFolder.components(of: name)
        guard let last = components.last else { return }
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
