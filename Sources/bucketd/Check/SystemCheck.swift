import CLinux
import Digests
import Glibc
import Ingest
import Logging
import PostProcessing
import Spool
import SystemPackage
import Threading
import ThumbnailWire

/// Tries what the daemon will have to do, and says how it went.
///
/// What it makes it removes. A daemon that runs on the bucket keeps its locks, and its files are left alone.
struct SystemCheck {
    let settings: Settings

    init(_ settings: Settings) {
        self.settings = settings
    }

    func findings() async -> [Finding] {
        let threads = BlockingThreads(name: "check", count: 1)
        return await threads.run { diskFindings() + [checksums, descriptors, tokens] + addressFindings() }
            + [await credentials(), landlock] + (await decoderFindings())
    }

    private func diskFindings() -> [Finding] {
        let made = MadeDirectories(settings.state)
        defer { made.remove() }
        return storageFindings() + thumbnailFindings()
    }

    private func storageFindings() -> [Finding] {
        do {
            let options = try Assembly.spoolOptions(settings)
            let (state, isServed) = try openState(options)
            let daemon = isServed ? "one runs on this bucket; it is not disturbed" : "none runs on this bucket"
            return [.ok("daemon", daemon)] + users(of: state) + directoryFindings(state) + [sync(state)]
                + spaceFindings(state) + AccessCheck(settings, state).findings()
                + [isServed ? servedLedger : ledgerFinding(state)]
        } catch let error as StateDirectoryError where error.code == .differentMounts {
            return [.problem("rename", "\(error)")]
        } catch {
            return [.problem("bucket", "\(error)")]
        }
    }

    private func openState(_ options: SpoolOptions) throws -> (StateDirectory, isServed: Bool) {
        let logger = Logger(label: "check")
        do throws(StateDirectoryError) {
            return (try StateDirectory(options, logger: logger), false)
        } catch  where error.code == .inUse {
            return (try StateDirectory(options, besideDaemon: true, logger: logger), true)
        }
    }

    private func directoryFindings(_ state: StateDirectory) -> [Finding] {
        var findings: [Finding] = [
            .ok("bucket", "\(settings.bucket)"),
            .ok("state", "\(settings.state), on the bucket's mount: files are renamed from it into the bucket"),
            state.renamesExclusively
                ? .ok("rename", "without replacing (RENAME_NOREPLACE): watchers see IN_MOVED_TO")
                : .warning("rename", "the filesystem has no RENAME_NOREPLACE: watchers will see IN_CREATE instead"),
            state.keepsAttributes
                ? .ok("attributes", "kept: files carry their checksum")
                : .warning("attributes", "the filesystem keeps none: files will not carry their checksum"),
        ]
        if settings.state.lexicallyNormalized().starts(with: settings.bucket.lexicallyNormalized()) {
            let text = "the state directory is in the bucket: who watches that recursively sees unfinished uploads"
            findings.append(.warning("state", text))
        }
        return findings
    }

    /// What belongs to another user than the one who runs this may behave otherwise for the daemon.
    private func users(of state: StateDirectory) -> [Finding] {
        do {
            let owner = try state.calls.status(of: state.state).owner
            guard owner != geteuid() else { return [.ok("user", AccessCheck.userName(owner))] }
            let text = "the state directory belongs to \(AccessCheck.userName(owner)), this runs as "
            return [
                .warning("user", text + "\(AccessCheck.userName(geteuid())): run it as the daemon's user to be sure")
            ]
        } catch {
            return [.problem("user", "\(error)")]
        }
    }

    private func sync(_ state: StateDirectory) -> Finding {
        let name = FilePath(".bucketd-check-\(getpid())-\(UInt64.random(in: 0 ... .max))")
        let calls = state.calls
        do throws(Errno) {
            let file = try calls.open(name, in: state.temporary, .create)
            defer { _ = close(file.rawValue) }
            let began = ContinuousClock.now
            do throws(Errno) {
                let bytes = [UInt8](repeating: 0, count: 4096)
                let written = bytes.withUnsafeBytes { bytes in
                    Result { () throws(Errno) in try calls.write(bytes, to: file, at: 0) }
                }
                _ = try written.get()
                try calls.syncData(file)
                try calls.syncDirectory(state.temporary)
            } catch {
                try calls.unlink(name, in: state.temporary)
                throw error
            }
            let time = ContinuousClock.now - began
            try calls.unlink(name, in: state.temporary)
            let milliseconds = Double(time / .microseconds(1)).rounded() / 1000
            return .ok("sync", "a file of 4 KiB and its directory in \(milliseconds) ms")
        } catch {
            return .problem("sync", "a file or directory cannot be synced: \(error)")
        }
    }

    private func spaceFindings(_ state: StateDirectory) -> [Finding] {
        do {
            let space = try state.calls.space(of: state.bucket)
            guard space.total > 0 else { return [.ok("space", "the filesystem tells no size")] }
            let floor = settings.limits.floor(of: space)
            let text = "\(space.available >> 20) MiB free, of which \(floor >> 20) MiB are kept free"
            let hasInodes = space.totalInodes == 0 || space.availableInodes > min(space.totalInodes / 20, 1000)
            let inodes =
                space.totalInodes == 0
                ? "made as they are needed" : "\(space.availableInodes) of \(space.totalInodes) free"
            return [
                Finding(level: space.available > floor ? .ok : .problem, topic: "space", text: text),
                Finding(level: hasInodes ? .ok : .problem, topic: "inodes", text: inodes),
            ]
        } catch {
            return [.problem("space", "free space cannot be told: \(error)")]
        }
    }

    private var checksums: Finding {
        let further = settings.checksums.sorted().map(\.rawValue).joined(separator: ", ")
        return .ok("checksums", "besides SHA-256: \(further.isEmpty ? "none" : "\(further), by the checksum job")")
    }

    private var descriptors: Finding {
        // As the daemon does at its start.
        let limit = clinux_raise_descriptor_limit()
        guard limit >= DescriptorBudget.least else {
            return .problem("descriptors", "\(limit) may be open, the daemon needs \(DescriptorBudget.least) to start")
        }
        let budget = DescriptorBudget(limit: limit, settings)
        let text = "\(limit) may be open; limits.maxConnections of \(settings.maxConnections) may need \(budget.needed)"
        return limit >= budget.needed
            ? .ok("descriptors", text)
            : .warning(
                "descriptors",
                text + ": connections beyond \(budget.connections) are answered 503 (LimitNOFILE in a unit)"
            )
    }

    private func addressFindings() -> [Finding] {
        guard let publicURL = settings.publicURL, let start = publicURL.firstRange(of: "://")?.upperBound else {
            return []
        }
        let authority = publicURL[start...].prefix { $0 != "/" }.lowercased()
        let host = authority.hasPrefix("[") ? authority : String(authority.prefix { $0 != ":" })
        let isKnown = settings.hosts.contains { $0.lowercased() == host || $0.lowercased() == authority }
        guard !isKnown, !ListenSetting.isIPv4(host), !host.hasPrefix("["), host != "localhost" else { return [] }
        let text =
            "\(host) of publicURL is not in hosts: requests that name it are refused, unless it is this machine's name"
        return [.warning("hosts", text)]
    }

    private var landlock: Finding {
        let version = clinux_landlock_version()
        return version > 0
            ? .ok("landlock", "ABI \(version)")
            : .warning("landlock", "the kernel has none: the image decoder keeps its view of the filesystem")
    }

    private func decoderFindings() async -> [Finding] {
        guard !settings.thumbnails.sizes.isEmpty else { return [.ok("decoder", "no thumbnails are wanted")] }
        do {
            let helpers = ThumbnailHelpers(
                try Assembly.thumbnailHelperOptions(settings.thumbnails),
                logger: Logger(label: "check")
            )
            let isolation = try await helpers.start()
            await helpers.shutdown()
            let isWhole = isolation.limits && isolation.systemCallFilter && isolation.landlockABI > 0
            return [Finding(level: isWhole ? .ok : .warning, topic: "decoder", text: "locked in by: \(isolation)")]
        } catch {
            return [.problem("decoder", "\(error)")]
        }
    }
}
