import Glibc
import IngestTesting
import SystemPackage
import Testing

@Suite(.timeLimit(.minutes(2))) struct DiskFullTests {
    private let settings = "limits:\n  minFreeSpace: 0\n"

    /// Whatever runs out in the middle of an upload: 507, and the space is back at once.
    @Test(.requires(.root))
    func aFullDiskIsToldAndGivenBack() async throws {
        let small = try await SmallFilesystem(options: "size=8m")
        let directory = small.directory
        let daemon = try await DaemonProcess.start(in: directory, options: .init(settings: settings))
        for _ in 0..<3 {
            let client = try await LoopbackClient.connect(to: daemon.address)
            defer { client.close() }
            let chunked = LoopbackClient.head("PUT", "/files/big", headers: [("Transfer-Encoding", "chunked")])
            try? await client.send(chunked)
            let chunk = Array("100000\r\n".utf8) + [UInt8](repeating: 7, count: 1 << 20) + Array("\r\n".utf8)
            for _ in 0..<12 {
                try? await client.send(chunk)
            }
            #expect(try await client.readReply().status == 507)
            #expect(directory.names(in: "bucket").isEmpty)
            #expect(directory.names(in: "bucket.state/spool").isEmpty)
            #expect(try await daemon.request("PUT", "/files/small", body: [1]).status == 201)
            #expect(try await daemon.request("DELETE", "/files/small").status == 204)
        }
        let declared = try await daemon.request("PUT", "/files/big", body: [UInt8](repeating: 1, count: 16 << 20))
        #expect(declared.status == 507)
    }

    /// What the kernel says to a single step is what the client is told, and that step is not tried again.
    ///
    /// strace answers the calls in the kernel's place.
    @Test(
        .requires(.root, .command("strace")),
        arguments: [
            ("pwrite64", "ENOSPC", 507), ("pwrite64", "EIO", 500), ("fdatasync", "ENOSPC", 507),
            ("fdatasync", "EDQUOT", 507), ("renameat2", "ENOSPC", 507),
        ] as [(String, String, Int)]
    )
    func aStepThatFailsIsTold(call: String, error: String, status: Int) async throws {
        let audited = try await AuditedDaemon.start()
        try await audited.audit(after: "the start")
        let trace = audited.directory.file("trace")
        let fault = try await ChildProcess.start(
            FilePath("/usr/bin/strace"),
            [
                "--follow-forks", "--attach=\(audited.daemon.processID)", "--trace=\(call)",
                "--inject=\(call):error=\(error)", "--output=\(trace)",
            ]
        )
        _ = await fault.line(containing: "attached")
        let reply = try await audited.daemon.request("PUT", "/files/a", body: Array("abc".utf8))
        #expect(reply.status == status, "\(reply.text)")
        #expect(reply.isProblem)
        fault.terminate()
        await fault.waitForExit()
        let calls = String(decoding: try audited.directory.read("trace"), as: UTF8.self)
        #expect(calls.split(separator: "\n").count { $0.contains("(INJECTED)") } == 1, "\(calls)")
        _ = try await CommandLineTool.run("rm", [trace.string])
        try await audited.audit(after: "\(call) \(error)")
        await audited.stop()
    }

    @Test(.requires(.root))
    func noInodesLeftIsToldAndWhatIsThereIsServed() async throws {
        let small = try await SmallFilesystem(options: "size=64m,nr_inodes=40")
        let directory = small.directory
        let daemon = try await DaemonProcess.start(in: directory, options: .init(settings: settings))
        var statuses: [Int] = []
        for number in 0..<45 {
            statuses.append(try await daemon.request("PUT", "/files/f\(number)", body: [1]).status)
        }
        #expect(statuses.first == 201)
        #expect(statuses.last == 507)
        let refusal = try await daemon.request("PUT", "/files/one", body: [1])
        #expect(refusal.text.contains("/problems/no-inodes"), "\(statuses) \(refusal.text)")
        #expect(try await daemon.request("GET", "/files/f0").body == [1])
        let stored = statuses.count { $0 == 201 }
        #expect(directory.names(in: "bucket").count == stored)
        #expect(directory.names(in: "bucket.state/spool").isEmpty)
    }

    /// The log cannot grow: what it does not take is refused, and what it took stays.
    @Test(.requires(.root))
    func aLedgerWithoutSpaceIsToldAndGoesOnWhenThereIsSome() async throws {
        let small = try await SmallFilesystem(options: "size=8m")
        let directory = small.directory
        let daemon = try await DaemonProcess.start(in: directory, options: .init(settings: settings))
        try fill(directory, "ballast")
        var stored = 0
        var status = 201
        // An empty file needs no space of its own. The log has some pages left, but not for so many.
        while status == 201, stored < 1000 {
            status = try await daemon.request("PUT", "/files/f\(stored)", body: []).status
            stored += status == 201 ? 1 : 0
        }
        #expect(status == 507)
        #expect(try await postForm(to: daemon).status == 507)
        #expect(directory.names(in: "bucket").count == stored)
        #expect(directory.names(in: "bucket.state/spool").isEmpty)
        for number in 0..<stored {
            #expect(try await daemon.request("GET", "/files/f\(number)").status == 200)
        }
        #expect(try await daemon.request("GET", "/healthz").status == 200)

        try FileDescriptor.open(directory.file("ballast"), .writeOnly, options: .truncate).close()
        #expect(try await daemon.request("PUT", "/files/f\(stored)", body: []).status == 201)
        #expect(try await postForm(to: daemon).status == 201)
        let files = try await daemon.settledFiles()
        #expect(files.count == stored + 3)
        #expect(files.allSatisfy { file in file.jobs.contains { $0.kind == "checksum" && $0.state == "done" } })
        daemon.terminate()
        #expect(await daemon.waitForExit() == 0)
    }

    /// A directory that takes no entry more, as ext4's does on a full disk.
    @Test(.requires(.root, .command("strace")))
    func aNameThatFindsNoSpaceIsToldAndTakenBack() async throws {
        let directory = try TemporaryDirectory()
        let daemon = try await DaemonProcess.start(in: directory, options: .init(settings: settings))
        let full = try await SystemCallFault.attach(to: daemon, "renameat2", "error=ENOSPC")
        defer { full.terminate() }
        #expect(try await daemon.request("PUT", "/files/d/a", body: [1]).status == 507)
        #expect(try await postForm(to: daemon).status == 507)
        #expect(directory.names(in: "bucket").isEmpty)
        #expect(directory.names(in: "bucket.state/spool").isEmpty)
        #expect(try await daemon.json(FileList.self, at: "/files").files.isEmpty)
        #expect(try await daemon.json(JobList.self, at: "/jobs?kind=checksum").jobs.isEmpty)
        await full.end()
        #expect(try await daemon.request("PUT", "/files/d/a", body: [1]).status == 201)
        #expect(try await postForm(to: daemon).status == 201)
    }

    /// A later sync may succeed and prove nothing, so nothing is promised until a restart.
    @Test(.requires(.root, .command("strace")))
    func aFileThatCannotBeSyncedEndsWritingUntilARestart() async throws {
        let directory = try TemporaryDirectory()
        let daemon = try await DaemonProcess.start(in: directory, options: .init(settings: settings))
        #expect(try await daemon.request("PUT", "/files/before", body: [1]).status == 201)
        try await daemon.settleJobs()
        let broken = try await SystemCallFault.attach(to: daemon, "fdatasync", "error=EIO:when=1")
        defer { broken.terminate() }
        #expect(try await daemon.request("PUT", "/files/a", body: [1, 2, 3]).status == 500)
        await broken.end()
        for _ in 0..<2 {
            #expect(try await daemon.request("PUT", "/files/b", body: [1]).status == 503)
            #expect(try await daemon.request("DELETE", "/files/before").status == 503)
            #expect(try await daemon.request("GET", "/healthz").status == 503)
            #expect(try await daemon.request("GET", "/readyz").status == 503)
        }
        #expect(try await daemon.request("GET", "/files/before").status == 200)
        #expect(directory.names(in: "bucket.state/spool").isEmpty)
        daemon.terminate()
        await daemon.waitForExit()
        let next = try await daemon.restart()
        #expect(directory.names(in: "bucket") == ["before"])
        #expect(try await next.request("PUT", "/files/a", body: [1, 2, 3]).status == 201)
    }

    /// Nobody knows then whether the name is safe: no answer says so before a restart has looked.
    @Test(.requires(.root, .command("strace")))
    func aDirectoryThatCannotBeSyncedEndsWritingUntilARestart() async throws {
        let directory = try TemporaryDirectory()
        let daemon = try await DaemonProcess.start(in: directory, options: .init(settings: settings))
        #expect(try await daemon.request("PUT", "/files/before", body: [1]).status == 201)
        let full = try await SystemCallFault.attach(to: daemon, "fsync", "error=ENOSPC", path: daemon.bucket)
        defer { full.terminate() }
        #expect(try await daemon.request("PUT", "/files/a", body: [1, 2, 3]).status == 500)
        await full.end()
        #expect(try await daemon.request("PUT", "/files/b", body: [1]).status == 503)
        #expect(try await daemon.request("DELETE", "/files/before").status == 503)
        #expect(try await daemon.request("GET", "/healthz").status == 503)
        #expect(try await daemon.request("GET", "/files/before").status == 200)
        daemon.kill()
        await daemon.waitForExit()
        let next = try await daemon.restart()
        #expect(try directory.read("bucket/a") == [1, 2, 3])
        #expect(directory.names(in: "bucket") == ["a", "before"])
        #expect(directory.names(in: "bucket.state/spool").isEmpty)
        let files = try await next.settledFiles()
        #expect(files.allSatisfy { file in file.jobs.contains { $0.kind == "checksum" && $0.state == "done" } })
        #expect(try await next.request("PUT", "/files/b", body: [1]).status == 201)
    }

    /// Takes all the space there is.
    private func fill(_ directory: TemporaryDirectory, _ name: String) throws {
        let file = try FileDescriptor.open(
            directory.file(name),
            .writeOnly,
            options: .create,
            permissions: .ownerReadWrite
        )
        try file.closeAfter {
            for size in [1 << 16, 4096] {
                do {
                    while true {
                        _ = try file.writeAll([UInt8](repeating: 1, count: size))
                    }
                } catch Errno.noSpace {
                    continue
                }
            }
        }
    }

    private func postForm(to daemon: DaemonProcess) async throws -> Reply {
        let form = FormBody(files: [("1", []), ("2", [])])
        return try await daemon.request(
            "POST",
            "/files",
            headers: [("Content-Type", form.contentType)],
            body: form.bytes
        )
    }
}
