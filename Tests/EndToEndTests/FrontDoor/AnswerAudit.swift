import Digests
import IngestTesting
import Testing

/// Compares what a daemon says of its bucket with what is in it.
struct AnswerAudit {
    let daemon: DaemonProcess

    /// Every file is listed and served with its bytes, and no digest is told that is another's.
    ///
    /// Returns the names of files that the daemon has no record of.
    @discardableResult
    func run(_ place: Comment? = nil) async throws -> Set<String> {
        try await scan()
        let files = try await daemon.settledFiles()
        let names = daemon.directory.paths(below: "bucket")
        #expect(files.map(\.filename).sorted() == names.sorted(), place)
        for file in files {
            let content = try daemon.directory.read("bucket/\(file.filename)")
            let digest = Self.digest(of: content)
            #expect(file.size == content.count, place)
            #expect(file.sha256 == nil || file.sha256 == digest, "\(file.filename), \(place?.rawValue ?? "")")
            let reply = try await daemon.request("GET", "/files/\(file.filename.percentEncoded)")
            #expect(reply.status == 200 && reply.body == content, "\(file.filename), \(place?.rawValue ?? "")")
            if let tag = reply["ETag"], !tag.hasPrefix("W/") {
                #expect(tag.contains(digest), "\(file.filename): \(tag), \(place?.rawValue ?? "")")
            }
        }
        return Set(files.filter { $0.foreign == true }.map(\.filename))
    }

    /// Returns when the daemon has seen what is in the bucket now.
    func scan() async throws {
        let asked = try await daemon.request(
            "POST",
            "/run-tasks",
            headers: [("Content-Type", "application/json")],
            body: Array(#"{"tasks": ["scan"]}"#.utf8)
        )
        #expect(asked.status == 202, "\(asked.text)")
        try await daemon.settleJobs()
    }

    static func digest(of content: [UInt8]) -> String {
        var digest = StreamingDigest(.sha256)
        digest.update(content[...])
        return digest.finalize().hex
    }
}
