import IngestTesting

/// Whether a daemon that is started on a disk keeps what clients were promised.
struct DiskAudit {
    /// What is wrong, for people.
    private(set) var findings: [String] = []

    /// Ends with the daemon gone, so that the disk can be unmounted.
    static func run(
        on directory: TemporaryDirectory,
        settings: String,
        against promises: UploadHistory.Promises
    ) async throws -> Self {
        var audit = Self()
        let daemon: DaemonProcess
        do {
            daemon = try await DaemonProcess.start(
                in: directory,
                options: DaemonProcess.Options(arguments: ["--log-level", "info"], settings: settings)
            )
        } catch let error as DaemonProcess.NotListening {
            audit.findings.append("no start: \(error)")
            return audit
        }
        do {
            try await audit.check(daemon, against: promises)
        } catch {
            audit.findings.append("\(error)")
        }
        daemon.kill()
        await daemon.waitForExit()
        return audit
    }

    /// What a daemon that runs breaks, now that recovery is over.
    mutating func check(_ daemon: DaemonProcess, against promises: UploadHistory.Promises) async throws {
        let directory = daemon.directory
        let found = try directory.files(below: "bucket")
        findings += promises.broken(by: found)
        for place in ["spool", "tmp"] {
            let left = directory.names(in: "bucket.state/\(place)")
            if !left.isEmpty { findings.append("left in \(place): \(left)") }
        }
        let listed = try await daemon.settledFiles()
        if Set(listed.map(\.filename)) != Set(found.keys) {
            findings.append("listed: \(listed.map(\.filename).sorted()), there: \(found.keys.sorted())")
        }
        for file in listed {
            let isChecked = file.jobs.contains { $0.kind == "checksum" && $0.state == "done" }
            // A file that is not as it was recorded has no digest.
            if file.foreign == true || file.sha256 == nil || !isChecked {
                findings.append("not as recorded: \(file)")
            }
        }
        let again = try await daemon.request("PUT", "/files/after-the-cut", body: [1, 2, 3])
        if again.status != 201 {
            findings.append("no upload any more: \(again.status) \(again.text)")
        }
        if try directory.read("bucket/after-the-cut") != [1, 2, 3] {
            findings.append("an upload after it is wrong")
        }
        _ = try await daemon.request("DELETE", "/files/after-the-cut")
    }
}

extension TemporaryDirectory {
    /// The contents of all files, by paths relative to `root`.
    func files(below root: String) throws -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        for name in names(in: root) {
            let path = "\(root)/\(name)"
            if isDirectory(path) {
                for (inner, content) in try self.files(below: path) { files["\(name)/\(inner)"] = content }
            } else {
                files[name] = try read(path)
            }
        }
        return files
    }
}
