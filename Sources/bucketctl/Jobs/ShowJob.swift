import ArgumentParser
import HTTPTypes

struct ShowJob: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Print a job as JSON.")

    @OptionGroup var options: ServerOptions

    @Argument(help: "The job's id.")
    var id: Int64

    func run() async throws { try await options.runJob(.get, "/jobs/\(id)") }
}
