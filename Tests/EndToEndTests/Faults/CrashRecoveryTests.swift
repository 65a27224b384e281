import IngestTesting
import Testing
import Threading

@Suite struct CrashRecoveryTests {
    private static let kills = 100
    private static let clients = 4

    /// Clients put new files, replace their own, send forms and go on with what they sent in pieces, while the daemon is
    /// killed again and again.
    @Test(.timeLimit(.minutes(15)))
    func nothingAcknowledgedIsLostByAHundredKills() async throws {
        let directory = try TemporaryDirectory()
        let register = UploadRegister()
        let unfinished = UnfinishedUploads()
        for round in 0..<Self.kills {
            let daemon = try await DaemonProcess.start(
                in: directory,
                options: .init(arguments: ["--log-level", "info"])
            )
            let acknowledged = Signal()
            let clients = Task {
                await withTaskGroup(of: Void.self) { group in
                    for client in 0..<Self.clients {
                        group.addTask {
                            let uploader = Uploader(
                                name: "r\(round)c\(client)",
                                daemon: daemon,
                                register: register,
                                unfinished: unfinished
                            )
                            await uploader.run(onAcknowledgement: acknowledged.fire)
                        }
                    }
                }
            }
            await acknowledged.wait()
            // The point of the kill is the one thing here that is meant to be random.
            try await Task.sleep(for: .microseconds(.random(in: 0...60_000)))
            daemon.kill()
            await daemon.waitForExit()
            await clients.value
            try audit(directory, against: register, onlyNames: { $0.hasPrefix("r\(round)") || $0.hasPrefix("own") })
        }
        let last = try await DaemonProcess.start(in: directory)
        try await unfinished.finish(on: last, register)
        try audit(directory, against: register, onlyNames: { _ in true })
        #expect(register.acknowledgedCount >= Self.kills)
        #expect(unfinished.resumedCount >= Self.kills)
        try await everyJobIsDone(last)
        // Those whose beginning was not answered go with their time.
        let daemon = try await last.restartedWithUploadsExpired()
        #expect(directory.names(in: "bucket.state/spool").isEmpty)
        daemon.terminate()
        #expect(await daemon.waitForExit() == 0)
    }

    private func audit(_ directory: TemporaryDirectory, against register: UploadRegister, onlyNames: (String) -> Bool)
        throws
    {
        let found = try BucketSnapshot(of: directory, onlyNames: onlyNames)
        for name in register.names where onlyNames(name) {
            let entry = try #require(register[name])
            let content = found.contents[name]
            #expect(entry.allows(content ?? nil), "\(name): \(String(describing: content)) is not \(entry)")
        }
        for (name, content) in found.contents where !name.hasSuffix(".jpg") {
            #expect(content != nil, "\(name) is visible and not whole")
            #expect(register[name] != nil, "\(name) was never uploaded")
        }
    }

    private func everyJobIsDone(_ daemon: DaemonProcess) async throws {
        let listing = try await daemon.settledFiles()
        #expect(!listing.isEmpty)
        for file in listing {
            let jobs = file.jobs
            #expect(Set(jobs.map(\.kind)).isSuperset(of: ["checksum", "thumbnail"]), "\(file.filename): \(jobs)")
            #expect(jobs.allSatisfy { $0.state == "done" }, "\(file.filename): \(jobs)")
        }
        let dead = try await daemon.json(JobList.self, at: "/jobs?state=dead").jobs
        #expect(dead.isEmpty, "\(dead)")
        #expect(!Uploader.pictureBytes.isEmpty)
        for name in daemon.directory.names(in: "bucket") where name.hasSuffix(".jpg") {
            #expect(try daemon.directory.read("bucket/\(name)") == Uploader.pictureBytes, "\(name)")
            #expect(daemon.directory.exists("bucket.state/thumbnails/256/\(name).webp"), "\(name)")
        }
        for kind in ["checksum", "thumbnail"] {
            let jobs = try await daemon.json(JobList.self, at: "/jobs?kind=\(kind)&limit=1000").jobs
            #expect(jobs.allSatisfy { $0.file != nil }, "a \(kind) job lacks its file")
        }
    }
}
