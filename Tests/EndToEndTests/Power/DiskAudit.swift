import IngestTesting

/// Whether a daemon that is started on a disk keeps what clients were promised.
struct DiskAudit {
    /// What is wrong, for people.
    private(set) var findings: [String] = []

    /// Ends with the daemon gone, so that the disk can be unmounted.
    static func run(
        on directory: TemporaryDirectory,
        settings: String,
        against promises: UploadHistory.Promises,
        _ uploads: [OffsetHistory.Promise] = []
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
            try await audit.check(daemon, against: promises, uploads)
        } catch {
            audit.findings.append("\(error)")
        }
        daemon.kill()
        await daemon.waitForExit()
        return audit
    }

    /// What a daemon that runs breaks, now that recovery is over.
    mutating func check(
        _ daemon: DaemonProcess,
        against promises: UploadHistory.Promises,
        _ uploads: [OffsetHistory.Promise] = []
    ) async throws {
        let directory = daemon.directory
        let found = try directory.files(below: "bucket")
        findings += promises.broken(by: found)
        // Of uploads that are not finished, each has a row, and a file once it has bytes.
        let open = try await daemon.metric("bucketd_resumable_uploads_open") ?? 0
        for (place, allowed) in [("spool", open), ("tmp", 0)] {
            let left = directory.names(in: "bucket.state/\(place)")
            if left.count > allowed { findings.append("left in \(place): \(left), \(open) uploads open") }
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
        for upload in uploads {
            findings += try await upload.broken(on: daemon)
        }
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
