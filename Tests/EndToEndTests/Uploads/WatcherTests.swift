import Glibc
import IngestTesting
import SystemPackage
import Testing

/// The bucket belongs to its watchers.
@Suite(.timeLimit(.minutes(3))) struct WatcherTests {
    /// Every event but those of reading, which jobs do.
    private static let changes = "create,modify,attrib,close_write,moved_from,moved_to,delete"

    /// One event a file, when it is whole; also where it replaces another.
    ///
    /// Nothing follows.
    @Test(.requires(.command("inotifywait")))
    func aWatcherSeesOneEventPerFile() async throws {
        let directory = try TemporaryDirectory()
        let daemon = try await DaemonProcess.start(in: directory)
        let watch = try await ChildProcess.start(
            FilePath("/usr/bin/inotifywait"),
            ["--monitor", "--event", Self.changes, "--format", "%e %f", daemon.bucket.string],
            environment: [:]
        )
        _ = await watch.firstLine { $0.contains("Watches established") ? $0 : nil }
        let upload = Content(seed: 7, size: 200_000)
        for name in ["new.bin", "new.bin", "other.bin"] {
            let reply = try await daemon.request("PUT", "/files/\(name)", body: upload.bytes)
            #expect((200..<300).contains(reply.status))
            #expect(Content(whole: try directory.read("bucket/\(name)")) == upload)
        }
        try await daemon.settleJobs()
        daemon.terminate()
        #expect(await daemon.waitForExit() == 0)
        // An event of our own marks the end of what there is to see.
        try directory.write([], to: "bucket/.end")
        _ = await watch.firstLine { $0.contains(".end") ? $0 : nil }
        watch.kill()
        let events = watch.output.split(separator: "\n").filter { $0.contains(".bin") }.map(String.init)
        #expect(events == ["MOVED_TO new.bin", "MOVED_TO new.bin", "MOVED_TO other.bin"])
    }

    /// Also of a form: an event a file, in the form's order.
    @Test(.requires(.command("inotifywait")))
    func aWatcherSeesAFormFileByFile() async throws {
        let directory = try TemporaryDirectory()
        let daemon = try await DaemonProcess.start(in: directory)
        let watch = try await ChildProcess.start(
            FilePath("/usr/bin/inotifywait"),
            ["--monitor", "--event", Self.changes, "--format", "%e %f", daemon.bucket.string],
            environment: [:]
        )
        _ = await watch.line(containing: "Watches established")
        let names = (0..<8).map { "f\(7 - $0).bin" }
        let uploads = names.map { ($0, Content.random(maxSize: 50_000)) }
        let form = FormBody(files: uploads.map { ($0.0, $0.1.bytes) })
        let reply = try await daemon.request(
            "POST",
            "/upload-file",
            headers: [("Content-Type", form.contentType)],
            body: form.bytes
        )
        #expect(reply.status == 200)
        for (name, content) in uploads {
            #expect(Content(whole: try directory.read("bucket/\(name)")) == content)
        }
        try await daemon.settleJobs()
        daemon.terminate()
        #expect(await daemon.waitForExit() == 0)
        try directory.write([], to: "bucket/.end")
        _ = await watch.line(containing: ".end")
        watch.kill()
        let events = watch.output.split(separator: "\n").filter { $0.contains(".bin") }.map(String.init)
        #expect(events == names.map { "MOVED_TO \($0)" })
    }

    /// A consumer that moves every picture out of the bucket the moment it appears costs no upload and no job.
    @Test(.requires(.command("inotifywait")))
    func aConsumerMayTakeFilesAtOnce() async throws {
        let directory = try TemporaryDirectory()
        let picture = try Repository.read("docs/picture.jpg")
        try directory.makeDirectory("taken")
        let daemon = try await DaemonProcess.start(in: directory)
        let script = """
            inotifywait --monitor --quiet --event moved_to --format %f "$1" 2>/dev/null | { echo watching
            while read -r name; do mv "$1/$name" "$2/$name.$(date +%N)"; echo "moved $name"; done; }
            """
        let mover = try await ChildProcess.start(
            FilePath("/bin/sh"),
            ["-c", script, "sh", daemon.bucket.string, directory.file("taken").string],
            environment: [:]
        )
        // Its end takes the whole pipeline along; a kill would leave inotifywait behind.
        defer { withExtendedLifetime(mover) {} }
        try await watched(daemon, directory)
        for number in 0..<30 {
            let reply = try await daemon.request("PUT", "/files/f\(number).jpg", body: picture)
            #expect(reply.status == 201, "\(reply.text)")
        }
        _ = await mover.firstLine { $0 == "moved f29.jpg" ? $0 : nil }
        try await daemon.settleJobs()
        // The name is free again, without a suffix.
        let form = FormBody(files: [("f0.jpg", picture)])
        let reply = try await daemon.request(
            "POST",
            "/upload-file",
            headers: [("Content-Type", form.contentType)],
            body: form.bytes
        )
        #expect(reply.text.contains("\"filename\":\"f0.jpg\"") || reply.text.contains("\"filename\": \"f0.jpg\""))
        try await daemon.settleJobs()
        let listed = try await daemon.json(FileList.self, at: "/files")
        #expect(listed.files.map(\.filename).allSatisfy { $0 == "f0.jpg" })
        let jobs = try await daemon.json(JobList.self, at: "/jobs?limit=1000").jobs.filter { $0.file != nil }
        #expect(jobs.count { $0.state == "done" } >= 62, "\(jobs.filter { $0.state != "done" })")
        #expect(!jobs.contains { $0.state == "dead" })
        for number in 0..<30 {
            #expect(directory.exists("bucket.state/thumbnails/256/f\(number).jpg.webp"), "f\(number).jpg")
        }
        let thumbnails = jobs.filter { $0.kind == "thumbnail" }
        #expect(thumbnails.count >= 31)
        for job in thumbnails {
            #expect(job.result?.hasPrefix("webp 256:") == true, "\(job)")
        }
    }

    /// inotifywait says nothing when it is told to be quiet, so a file of ours shows that it watches.
    private func watched(_ daemon: DaemonProcess, _ directory: TemporaryDirectory) async throws {
        var isTaken = false
        while !isTaken {
            try directory.write([], to: "probe")
            rename(directory.file("probe").string, daemon.bucket.appending("probe").string)
            for _ in 0..<1000 where !isTaken {
                isTaken = !directory.exists("bucket/probe")
                await Task.yield()
            }
        }
    }

    @Test func foreignFilesAreServedListedAndNeverOverwritten() async throws {
        let directory = try TemporaryDirectory()
        try directory.makeDirectory("bucket/sub")
        try directory.write(Array("theirs".utf8), to: "bucket/sub/foreign.txt")
        let daemon = try await DaemonProcess.start(in: directory)
        let job = try await daemon.request("POST", "/run-tasks", body: [])
        #expect(job.status == 202)
        try await daemon.settleJobs()
        let listed = try await daemon.json(FileList.self, at: "/files").files
        #expect(listed.map(\.filename) == ["sub/foreign.txt"])
        #expect(listed.first?.foreign == true)
        #expect(try await daemon.request("GET", "/files/sub/foreign.txt").text == "theirs")
        #expect(try await daemon.request("PUT", "/files/sub/foreign.txt", body: [65]).status == 409)
        #expect(try await daemon.request("DELETE", "/files/sub/foreign.txt").status == 409)
        #expect(try directory.read("bucket/sub/foreign.txt") == Array("theirs".utf8))
    }

    /// Files get the group of the bucket directory, and rights for it.
    @Test(.requires(.root, .command("setpriv")))
    func anotherMemberOfTheGroupReadsMovesAndDeletes() async throws {
        let directory = try TemporaryDirectory()
        try directory.makeDirectory("bucket")
        let group: UInt32 = 12_345
        chmod(directory.path.string, 0o755)
        #expect(chown(directory.file("bucket").string, 0, group) == 0)
        #expect(chmod(directory.file("bucket").string, 0o2770) == 0)
        let daemon = try await DaemonProcess.start(in: directory)
        #expect(try await daemon.request("PUT", "/files/a.txt", body: Array("shared".utf8)).status == 201)
        #expect(try await daemon.request("PUT", "/files/deep/b.txt", body: [66]).status == 201)
        let script = "cat a.txt && mv a.txt c.txt && rm c.txt && mv deep/b.txt . && rm b.txt"
        let member = try await CommandLineTool.run(
            "setpriv",
            ["--reuid=54321", "--regid=54321", "--groups=\(group)", "sh", "-c", "cd '\(daemon.bucket)' && \(script)"]
        )
        #expect(member.status == 0, "\(member.errorText)")
        #expect(member.outputText == "shared")
    }
}
