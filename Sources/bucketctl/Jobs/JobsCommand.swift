import ArgumentParser

struct JobsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs",
        abstract: "Look at the server's queue of jobs, and steer it.",
        subcommands: [ListJobs.self, ShowJob.self, RetryJob.self, CancelJob.self],
        defaultSubcommand: ListJobs.self
    )
}
