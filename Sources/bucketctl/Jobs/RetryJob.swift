import ArgumentParser
import HTTPTypes

struct RetryJob: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Have a job that is dead or cancelled tried again; print it as JSON."
    )

    @OptionGroup var options: ServerOptions

    @Argument(help: "The job's id.")
    var id: Int64

    func run() async throws { try await options.runJob(.post, "/jobs/\(id)/retry") }
}
