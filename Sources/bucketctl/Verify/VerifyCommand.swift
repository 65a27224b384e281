import ArgumentParser

struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Compare files with the digests that the server has recorded of them.",
        discussion: """
            With a folder of this machine, its files are compared: what the server lacks is missing, what the folder \
            lacks is extra. Without one, every file of the server is read back. A line tells of each file that is not \
            as it should be, with a tab before its name: missing, extra, different, or no-digest where the server \
            vouches for nothing, which alone is no failure. A file of the server that was changed behind its back is \
            different; so is one that was just restored from a copy, until the server has compared it.
            """
    )

    @OptionGroup var options: ServerOptions

    @Argument(help: "A folder of this machine.", completion: .directory)
    var folder: String?

    @Option(help: "The directory of the server that it corresponds to, or that is read back.")
    var prefix: String?

    @Flag(help: "Print one JSON text.")
    var json = false

    func run() async throws {
        try await options.run { session in
            let prefix = FileTree.prefix(of: prefix ?? "")
            let verification = Verification(server: session.server, prefix: prefix, isQuiet: json)
            let outcome =
                if let folder { try await verification.compare(folder) } else { try await verification.readBack() }
            if json { Console.print(JSONText.of(outcome)) }
            if !outcome.isGood { throw ExitCode.failure }
        }
    }
}
