struct JobEntry: Codable, Hashable, Sendable {
    var id: Int64
    var kind: String
    var state: String
    var file: String?
    var attempt: Int
    var error: String?
    var result: String?
    var createdAt: String
    var startedAt: String?
    var finishedAt: String?
}

struct JobPage: Codable, Sendable {
    var jobs: [JobEntry]
    var next: String?
}
