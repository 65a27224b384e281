import ArgumentParser
import HTTPTypes

struct CancelJob: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Cancel a job that has not ended; print it as JSON."
    )

    @OptionGroup var options: ServerOptions

    @Argument(help: "The job's id.")
    var id: Int64

    func run() async throws { try await options.runJob(.delete, "/jobs/\(id)") }
}
