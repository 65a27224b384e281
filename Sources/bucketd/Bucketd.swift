import ArgumentParser

@main
struct Bucketd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bucketd",
        abstract: "Takes uploads over HTTP and puts whole files into a folder.",
        version: Version.current,
        subcommands: [ServeCommand.self, CheckCommand.self, BackupCommand.self, ReloadCommand.self]
    )
}
