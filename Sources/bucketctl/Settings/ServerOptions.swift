import ArgumentParser
import Threading

/// Which server a command works with, and as whom.
struct ServerOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The server: http://HOST, https://HOST or unix:/PATH.",
            discussion: """
                If it is not given: BUCKETCTL_SERVER, else server in the file ~/.config/bucketctl, else \
                http://127.0.0.1:8080.
                """,
            valueName: "url"
        )
    )
    var server: String?

    @Option(
        help: ArgumentHelp(
            "A file with the token to show.",
            discussion: """
                If it is not given: BUCKETCTL_TOKEN, BUCKETCTL_TOKEN_FILE, else token or tokenFile in the file \
                ~/.config/bucketctl.
                """,
            valueName: "file"
        ),
        completion: .file()
    )
    var tokenFile: String?

    @Option(
        help: ArgumentHelp(
            "Certificates of the authorities to trust, in PEM, in place of the system's.",
            discussion: "If it is not given: BUCKETCTL_CA_FILE, else caFile in the file ~/.config/bucketctl.",
            valueName: "file"
        ),
        completion: .file()
    )
    var caFile: String?

    /// Throws `.settings`.
    func settings() throws(ClientError) -> ClientSettings {
        try ClientSettings(server: server, tokenFile: tokenFile, caFile: caFile, environment: ProcessVariables.all)
    }

    /// Runs a command, on threads that its files and connections may block: `transfers` of them and one more.
    ///
    /// What it throws is printed, and ends the program with status 1.
    func run(transfers: Int = 1, _ body: (ServerSession) async throws -> Void) async throws {
        let threads = BlockingThreads(name: "transfer", count: transfers + 1)
        try await withTaskExecutorPreference(threads.executor) {
            do {
                try await body(ServerSession(settings: try settings(), threads: threads))
            } catch let error as ExitCode {
                throw error
            } catch {
                Console.complain("\(VisibleText(ClientError(wrapping: error).message))")
                throw ExitCode.failure
            }
        }
    }
}
