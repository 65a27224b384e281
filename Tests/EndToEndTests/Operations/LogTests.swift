import FoundationEssentials
import Glibc
import IngestTesting
import SystemPackage
import Testing

/// Each line of the log says what it is about, by the ids that it can know.
@Suite(.timeLimit(.minutes(2))) struct LogTests {
    private func lines(_ daemon: DaemonProcess) throws -> [[String: String]] {
        try daemon.output.split(separator: "\n").map { line in
            try JSONDecoder().decode([String: String].self, from: Data(line.utf8))
        }
    }

    @Test func linesOfJSONNameRequestUploadFileAndJob() async throws {
        let directory = try TemporaryDirectory()
        var options = DaemonProcess.Options(arguments: ["--log-format", "json"])
        options.settings = "thumbnails: {sizes: []}\n"
        let daemon = try await DaemonProcess.start(in: directory, options: options)
        #expect(try await daemon.request("PUT", "/files/plain", body: [1]).status == 201)
        let form = FormBody(files: [("one", [1]), ("two", [2])])
        let fields = [("Content-Type", form.contentType)]
        #expect(try await daemon.request("POST", "/files", headers: fields, body: form.bytes).status == 201)
        let tus = ("Tus-Resumable", "1.0.0")
        let created = try await daemon.request("POST", "/files", headers: [tus, ("Upload-Length", "5")])
        let location = try #require(
            created["Location"]?.firstRange(of: "/uploads/").flatMap { range in
                created["Location"].map { String($0[range.lowerBound...]) }
            }
        )
        let content = [tus, ("Upload-Offset", "0"), ("Content-Type", "application/offset+octet-stream")]
        let wrong = [tus, ("Upload-Offset", "3"), ("Content-Type", "application/offset+octet-stream")]
        #expect(try await daemon.request("PATCH", location, headers: wrong, body: [1]).status == 409)
        #expect(try await daemon.request("PATCH", location, headers: content, body: Array("hello".utf8)).status == 204)
        try await daemon.settleJobs()
        daemon.terminate()
        #expect(await daemon.waitForExit() == 0)
        let lines = try lines(daemon)
        for line in lines {
            let time = try #require(line["time"])
            #expect(time.utf8.count == 24 && time.hasSuffix("Z"))
            #expect(line["message"] != nil && line["level"] != nil)
        }
        func keys(of message: String) -> [Set<String>] {
            lines.filter { $0["message"] == message }.map { Set($0.keys) }
        }
        let stored = keys(of: "file stored")
        #expect(stored.count == 4)
        #expect(stored.allSatisfy { $0.isSuperset(of: ["request.id", "upload.id", "file.id", "file.path"]) })
        let done = keys(of: "job done")
        #expect(done.count >= 4)
        let ofFiles = lines.filter { $0["message"] == "job done" && $0["job.kind"] == "checksum" }.map { Set($0.keys) }
        #expect(ofFiles.count == 4)
        #expect(ofFiles.allSatisfy { $0.isSuperset(of: ["job.id", "job.kind", "file.id", "file.path", "upload.id"]) })
        #expect(keys(of: "request ended").allSatisfy { $0.contains("request.id") })
        let answered = keys(of: "request answered")
        #expect(answered.count >= 5 && answered.allSatisfy { $0.contains("request.id") })
        let refused = lines.filter { $0["message"] == "request refused" }
        #expect(refused.count == 1)
        #expect(refused.first?["upload.id"] == location.split(separator: "/").last.map(String.init))
        #expect(refused.first?["request.id"] != nil)
        // One upload has one id, in its own line and in its job's.
        let uploads = lines.filter { $0["message"] == "file stored" }.compactMap { $0["upload.id"] }
        #expect(Set(uploads) == Set(lines.filter { $0["job.kind"] == "checksum" }.compactMap { $0["upload.id"] }))
    }

    /// What is asked for counts, wherever the lines go.
    @Test(arguments: [("console", "2"), ("journal", "<"), ("json", "{")])
    func everyLineHasTheFormatThatIsAskedFor(format: String, begin: String) async throws {
        let directory = try TemporaryDirectory()
        let daemon = try await DaemonProcess.start(in: directory, options: .init(settings: "logFormat: \(format)\n"))
        #expect(try await daemon.request("PUT", "/files/a", body: [1]).status == 201)
        daemon.terminate()
        #expect(await daemon.waitForExit() == 0)
        let lines = daemon.output.split(separator: "\n")
        #expect(lines.count > 3 && lines.allSatisfy { $0.hasPrefix(begin) }, "\(lines)")
    }
}
