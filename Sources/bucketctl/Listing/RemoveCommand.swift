import ArgumentParser
import HTTPTypes

struct RemoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm",
        abstract: "Remove files.",
        discussion: "A directory goes with its last file."
    )

    @OptionGroup var options: ServerOptions

    @Argument(help: "Paths on the server.")
    var paths: [String]

    @Flag(help: "Paths are directories: remove all that is in them.")
    var recursive = false

    func validate() throws {
        guard !paths.isEmpty else { throw ValidationError("Name at least one path.") }
        // Everything there is would be an easy slip of an empty variable.
        guard !recursive || paths.allSatisfy({ !FileTree.prefix(of: $0).isEmpty }) else {
            throw ValidationError("Name a directory: the bucket itself is not emptied.")
        }
    }

    func run() async throws {
        try await options.run { session in
            let server = session.server
            var hasFailed = false
            for path in paths {
                do throws(ClientError) {
                    guard recursive else {
                        try await remove(server.url(ofFile: path), on: server)
                        continue
                    }
                    try await FileTree.forEachFile(below: path, on: server) { file in
                        do throws(ClientError) {
                            guard let url = server.address.url(of: file.url, below: "files") else {
                                throw ClientError(.unexpected, "The server's listing names no file.")
                            }
                            try await remove(url, on: server)
                        } catch {
                            hasFailed = true
                            Console.complain(of: file.filename, error)
                        }
                    }
                } catch {
                    hasFailed = true
                    Console.complain(of: path, error)
                }
            }
            if hasFailed { throw ExitCode.failure }
        }
    }

    private func remove(_ url: String, on server: Server) async throws(ClientError) {
        _ = try await server.send(.delete, url)
    }
}
