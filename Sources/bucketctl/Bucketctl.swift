import ArgumentParser

@main
struct Bucketctl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bucketctl",
        abstract: "Works with a bucketd server, and with its files of tokens.",
        subcommands: [TokenCommand.self]
    )
}
