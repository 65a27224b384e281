import FoundationEssentials
import IngestTesting

/// The daemon's JSON, as far as tests read it.
struct FileList: Decodable, Sendable {
    var files: [FileEntry]
    var next: String?
}

struct FileEntry: Decodable, Sendable {
    var filename: String
    var url: String
    var size: Int
    var sha256: String?
    var digests: [String: String]?
    var foreign: Bool?
    var thumbnails: [String: String]?
    var jobs: [JobEntry]
}

struct JobList: Decodable, Sendable {
    var jobs: [JobEntry]
}

struct JobEntry: Decodable, Sendable {
    var id: Int
    var kind: String
    var state: String
    var file: String?
    var attempt: Int
    var error: String?
    var result: String?

    var isFinal: Bool { ["done", "dead", "cancelled"].contains(state) }
}

struct UploadAnswer: Decodable, Sendable {
    var filename: String
    var files: [FileEntry]
}

extension DaemonProcess {
    func request(
        _ method: String,
        _ target: String,
        headers: [(String, String)] = [],
        body: [UInt8]? = nil
    ) async throws -> Reply {
        try await LoopbackClient.request(method, target, to: address, headers: headers, body: body)
    }

    func json<Value: Decodable>(_ type: Value.Type, at target: String) async throws -> Value {
        let reply = try await request("GET", target)
        guard reply.status == 200 else { throw UnexpectedReply(target: target, reply: reply) }
        return try JSONDecoder().decode(type, from: Data(reply.body))
    }

    /// The value of a metric without labels, or with those in its name.
    func metric(_ name: String) async throws -> Int? {
        let lines = try await request("GET", "/metrics").text.split(separator: "\n")
        return lines.first { $0.hasPrefix("\(name) ") }.flatMap { Int($0.dropFirst(name.utf8.count + 1)) }
    }

    /// Waits until no job waits or runs, by asking the daemon to hold its answer until a job ends.
    func settleJobs() async throws {
        while let job = try await unfinishedJob() {
            let reply = try await request("GET", "/jobs/\(job.id)", headers: [("Prefer", "wait=10")])
            guard reply.status == 200 else { throw UnexpectedReply(target: "/jobs/\(job.id)", reply: reply) }
        }
    }

    private func unfinishedJob() async throws -> JobEntry? {
        // In the order in which a job passes them; one that failed goes back, to wait for its next attempt.
        for state in ["blocked", "ready", "running", "ready"] {
            if let job = try await json(JobList.self, at: "/jobs?state=\(state)&limit=1").jobs.first { return job }
        }
        return nil
    }

    /// All files, once their jobs have ended.
    func settledFiles(prefix: String = "") async throws -> [FileEntry] {
        try await settleJobs()
        var files: [FileEntry] = []
        var after = ""
        while true {
            let page = try await json(FileList.self, at: "/files?limit=500&prefix=\(prefix)&after=\(after)")
            files += page.files
            guard let next = page.next else { return files }
            after = next
        }
    }
}

struct UnexpectedReply: Error, CustomStringConvertible {
    let target: String
    let reply: Reply
    var description: String { "\(target): \(reply.status) \(reply.text)" }
}
