import ArgumentParser

struct ListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "List files, a path a line.",
        discussion: "Characters that a terminal would obey are shown as \\u{1B}; --json tells names exactly."
    )

    @OptionGroup var options: ServerOptions

    @Flag(name: .short, help: "Size in bytes, time of arrival and SHA-256 before each path, separated by tabs.")
    var long = false

    @Flag(help: "One JSON text: {\"files\": [...]}.")
    var json = false

    @Argument(help: "Only paths that begin so, as in photos/2026.")
    var prefix = ""

    func run() async throws {
        try await options.run { session in
            var isFirst = true
            for try await page in FileListing(server: session.server, prefix: prefix) {
                Console.write(json ? text(of: page, isFirst: isFirst) : page.map { line($0) + "\n" }.joined())
                isFirst = isFirst && page.isEmpty
            }
            if json { Console.print(isFirst ? "{\"files\":[]}" : "]}") }
        }
    }

    /// The page's part of a list that goes on.
    private func text(of page: [FileEntry], isFirst: Bool) -> String {
        let text = page.map { JSONText.of($0) }.joined(separator: ",\n")
        return page.isEmpty ? "" : (isFirst ? "{\"files\":[" : ",\n") + text
    }

    private func line(_ file: FileEntry) -> String {
        let name = "\(VisibleText(file.filename))"
        guard long else { return name }
        return [String(file.size), "\(VisibleText(file.uploadedAt))", "\(VisibleText(file.sha256 ?? "-"))", name]
            .joined(separator: "\t")
    }
}
