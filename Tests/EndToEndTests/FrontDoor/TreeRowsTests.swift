import Glibc
import IngestTesting
import SystemPackage
import Testing

/// Whoever may write into the bucket can put anything there; requests neither follow it nor hang on it.
@Suite(.timeLimit(.minutes(2))) struct TreeRowsTests {
    private static let secret = Array("not of this bucket".utf8)

    /// A bucket with one of each in `tree`, and a file outside that links lead to.
    private static func makeTree(_ directory: TemporaryDirectory) throws {
        try directory.makeDirectory("bucket/tree")
        try directory.makeDirectory("outside")
        try directory.write(secret, to: "outside/secret")
        let tree = directory.file("bucket/tree")
        let outside = directory.file("outside")
        #expect(mkfifo(tree.appending("fifo").string, 0o600) == 0)
        #expect(symlink(outside.appending("secret").string, tree.appending("link").string) == 0)
        #expect(symlink("../../outside/secret", tree.appending("relative").string) == 0)
        #expect(symlink(outside.string, tree.appending("directory").string) == 0)
        #expect(symlink(outside.appending("made").string, tree.appending("dangling").string) == 0)
        #expect(symlink("loop", tree.appending("loop").string) == 0)
        #expect(symlink("/dev/zero", tree.appending("endless").string) == 0)
        if geteuid() == 0 {
            #expect(mknod(tree.appending("device").string, mode_t(S_IFCHR) | 0o666, 0x0105) == 0)
        }
    }

    private func check(_ daemon: DaemonProcess, _ name: String) async throws {
        let target = "/files/tree/\(name)"
        for method in ["GET", "HEAD"] {
            #expect(try await daemon.request(method, target).status == 404, "\(method) \(name)")
        }
        #expect(try await daemon.request("GET", "/thumbnails/tree/\(name)").status == 404, "\(name)")
        #expect(try await daemon.request("PUT", target, body: [1]).status == 409, "\(name)")
        let created = try await daemon.request("PUT", target, headers: [("If-None-Match", "*")], body: [1])
        #expect(created.status == 412, "\(name)")
        #expect(try await daemon.request("DELETE", target).status == 409, "\(name)")
        let form = FormBody(files: [(name, [2])])
        let type = [("Content-Type", form.contentType)]
        let beside = try await daemon.request("POST", "/files/tree/", headers: type, body: form.bytes)
        #expect(beside.status == 201, "\(name): \(beside.text)")
        for method in ["PUT", "DELETE"] {
            let below = try await daemon.request(method, "\(target)/secret", body: method == "PUT" ? [1] : nil)
            #expect([404, 409].contains(below.status), "\(method) below \(name): \(below.text)")
        }
        #expect(try await daemon.request("GET", "\(target)/secret").status == 404, "below \(name)")
        let into = try await daemon.request("POST", "\(target)/", headers: type, body: form.bytes)
        #expect(into.status == 409, "into \(name): \(into.text)")
    }

    @Test func linksPipesAndDevicesAreNeitherReadNorReplaced() async throws {
        try await checkTree()
    }

    /// As system call filters do, systemd's among them.
    @Test(.requires(.root, .command("strace")), arguments: ["ENOSYS", "EPERM"])
    func norAreTheyWhereOpenat2IsRefused(errno: String) async throws {
        try await checkTree(refusingOpenat2: errno)
    }

    private func checkTree(refusingOpenat2 errno: String? = nil) async throws {
        let directory = try TemporaryDirectory()
        try Self.makeTree(directory)
        let names = directory.names(in: "bucket/tree")
        let daemon = try await DaemonProcess.start(in: directory, options: .init(settings: AuditedDaemon.settings))
        var filter: SystemCallFault?
        if let errno {
            filter = try await SystemCallFault.attach(to: daemon, "openat2", "error=\(errno)")
        }
        defer { filter?.terminate() }
        for name in names {
            try await check(daemon, name)
        }
        // A scan meets them all.
        #expect(try await daemon.request("POST", "/run-tasks", body: []).status == 202)
        let listed = try await daemon.settledFiles(prefix: "tree/").map(\.filename)
        #expect(Set(listed) == Set(names.map { "tree/\($0) (1)" }))
        #expect(Set(directory.names(in: "bucket/tree")) == Set(names + names.map { "\($0) (1)" }))
        #expect(directory.names(in: "outside") == ["secret"])
        #expect(try directory.read("outside/secret") == Self.secret)
        #expect(directory.names(in: "bucket.state/spool").isEmpty)
        try await daemon.waitUntilIdle()
        #expect(try await daemon.request("PUT", "/files/new/good", body: [1]).status == 201)
        #expect(try await daemon.request("GET", "/files/new/good").body == [1])
        await filter?.end()
        daemon.terminate()
        #expect(await daemon.waitForExit() == 0)
    }

    /// The daemon that a name was looked up by may find another thing there a moment later.
    @Test func whatIsSwappedInMeanwhileIsNotFollowed() async throws {
        let directory = try TemporaryDirectory()
        try directory.makeDirectory("bucket")
        try directory.makeDirectory("outside")
        try directory.write(Self.secret, to: "outside/secret")
        let daemon = try await DaemonProcess.start(in: directory, options: .init(settings: AuditedDaemon.settings))
        let swapper = try await ChildProcess.start(
            FilePath("/bin/sh"),
            [
                "-c",
                """
                cd "$1" && while :; do
                  ln -s ../outside/secret x; rm -rf x; mkfifo x; rm -rf x; mkdir x; rm -rf x
                  ln -s ../outside d; rm -rf d; mkdir d; rm -rf d
                done 2>/dev/null
                """, "sh", daemon.bucket.string,
            ]
        )
        for number in 0..<150 {
            for target in ["/files/x", "/files/d/secret"] {
                let put = try await daemon.request("PUT", target, body: Array("theirs \(number)".utf8))
                #expect([201, 204, 409, 500].contains(put.status), "\(target): \(put.text)")
                let got = try await daemon.request("GET", target)
                #expect(got.body != Self.secret)
                #expect([200, 307, 404].contains(got.status), "\(target): \(got.text)")
                #expect([204, 404, 409].contains(try await daemon.request("DELETE", target).status))
            }
        }
        swapper.kill()
        await swapper.waitForExit()
        #expect(directory.names(in: "outside") == ["secret"])
        #expect(try directory.read("outside/secret") == Self.secret)
        #expect(try await daemon.request("PUT", "/files/good", body: [1]).status == 201)
        try await daemon.settleJobs()
        #expect(directory.names(in: "bucket.state/spool").isEmpty)
        try await daemon.waitUntilIdle()
        daemon.terminate()
        #expect(await daemon.waitForExit() == 0)
    }
}
