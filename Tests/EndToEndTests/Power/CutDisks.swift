import IngestTesting
import SystemPackage
import Threading

/// Disks as power cuts leave them, each cut later than the one before.
///
/// A flush makes safe what was written before it. The last one that failed loses it, and no later one brings it back; what
/// earlier ones may have lost was found to be there by the daemons that were started since.
struct CutDisks {
    private let disk: LoggedDisk
    private let log: WriteLog
    private let files: TemporaryDirectory
    private let lastFailure: Int?
    private var next = 0
    private var unflushed: [WriteLog.Record] = []

    init(of disk: LoggedDisk, upTo end: Int64) async throws {
        self.disk = disk
        let files = try TemporaryDirectory()
        self.files = files
        let origin = disk.origin.string
        log = try await MountedDisk.threads.run { [path = disk.logFile] in try WriteLog(reading: path, upTo: end) }
        lastFailure = log.records.lastIndex { $0.kind == .failedFlush }
        try await DiskFilesystem.run("cp", ["--sparse=always", origin, files.file("safe").string])
    }

    var records: [WriteLog.Record] { log.records }

    /// The disk after a cut, mounted; the earlier one must not be mounted any more.
    mutating func mount(after cut: PowerCut) async throws -> MountedDisk {
        var safe: [WriteLog.Record] = []
        while next < log.records.count, log.records[next].end <= cut.position {
            let record = log.records[next]
            switch record.kind {
            case .write:
                unflushed.append(record)
            case .flush:
                safe += unflushed
                unflushed = []
            case .failedFlush:
                if next == lastFailure { unflushed = [] }
            }
            next += 1
        }
        let image = files.file("cut")
        try await MountedDisk.threads.run { [log, files, safe] in
            try log.apply(safe.map { ($0, .kept) }, to: files.file("safe"))
        }
        try await DiskFilesystem.run("cp", ["--sparse=always", files.file("safe").string, image.string])
        try await MountedDisk.threads.run { [log, unflushed] in try log.apply(cut.fates(of: unflushed), to: image) }
        return try await MountedDisk(image, disk.filesystem)
    }
}
