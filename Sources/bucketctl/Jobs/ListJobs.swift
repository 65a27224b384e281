import ArgumentParser
import HTTPTypes

struct ListJobs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List jobs, newest first: id, state, kind, attempt, file and error, separated by tabs."
    )

    private static let states = ["blocked", "ready", "running", "done", "dead", "cancelled"]

    @OptionGroup var options: ServerOptions

    @Option(help: "Only those: \(ListJobs.states.joined(separator: ", ")).", completion: .list(ListJobs.states))
    var state: String?

    @Option(help: "Only those of a task, as in checksum, thumbnail.")
    var kind: String?

    @Option(help: "Only those of a file, by its path.")
    var file: String?

    @Option(help: "At most so many.")
    var limit = 100

    @Flag(help: "One JSON text: {\"jobs\": [...]}.")
    var json = false

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit takes a number of at least 1.") }
    }

    func run() async throws {
        try await options.run { session in
            let jobs = try await jobs(of: session.server)
            if json {
                Console.print(JSONText.of(JobPage(jobs: jobs, next: nil)))
            } else {
                Console.write(jobs.map { $0.line + "\n" }.joined())
            }
        }
    }

    private func jobs(of server: Server) async throws(ClientError) -> [JobEntry] {
        let filter = [("state", state), ("kind", kind), ("file", file)].compactMap { name, value in
            value.map { (name, $0) }
        }
        var jobs: [JobEntry] = []
        var after: String?
        repeat {
            let paging = [("limit", String(min(1000, limit - jobs.count)))] + (after.map { [("after", $0)] } ?? [])
            let page = try await server.json(JobPage.self, .get, server.url("/jobs", query: filter + paging))
            jobs += page.jobs
            after = page.next == after ? nil : page.next
        } while after != nil && jobs.count < limit
        return jobs
    }
}
