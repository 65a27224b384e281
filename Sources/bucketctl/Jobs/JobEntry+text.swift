import HTTPTypes

extension JobEntry {
    var line: String {
        [String(id), state, kind, String(attempt), file ?? "-", error ?? "-"].map { "\(VisibleText($0))" }
            .joined(separator: "\t")
    }
}

extension ServerOptions {
    /// A request that is answered with one job, which is printed.
    func runJob(_ method: HTTPRequest.Method, _ path: String) async throws {
        try await run { session in
            let server = session.server
            Console.print(JSONText.of(try await server.json(JobEntry.self, method, server.url(path))))
        }
    }
}
