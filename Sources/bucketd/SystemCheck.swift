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
struct SystemCheck {
    struct Finding: Sendable, CustomStringConvertible {
        enum Level: String, Sendable {
            case ok
            case warning
            case problem
        }

        var level: Level
        var text: String

        var description: String {
            level.rawValue + String(repeating: " ", count: 9 - level.rawValue.utf8.count) + text
        }
    }

    let settings: Settings

    init(_ settings: Settings) {
        self.settings = settings
    }

    func findings() async -> [Finding] {
        let threads = BlockingThreads(name: "check", count: 1)
        return await threads.run { storageFindings() + [checksums] + thumbnailFindings() } + (await decoderFindings())
    }

    private func storageFindings() -> [Finding] {
        do {
            let options = try Assembly.spoolOptions(settings)
            let state = try StateDirectory(options, logger: Logger(label: "check"))
            var findings = [Finding(level: .ok, text: "bucket \(settings.bucket), state \(settings.state): one mount")]
            if !state.renamesExclusively {
                let text = "the filesystem has no RENAME_NOREPLACE: watchers will see IN_CREATE, not IN_MOVED_TO"
                findings.append(Finding(level: .warning, text: text))
            }
            if !state.keepsAttributes {
                let text = "the filesystem has no user attributes: files will not carry their checksum"
                findings.append(Finding(level: .warning, text: text))
            }
            return findings + [space(of: state), readers(of: state), ledgerFinding(state)]
        } catch let error as StateDirectoryError where error.code == .inUse {
            return [Finding(level: .ok, text: "\(error) What it found at its start still holds.")]
        } catch {
            return [Finding(level: .problem, text: "bucket: \(error)")]
        }
    }

    private var checksums: Finding {
        let further = settings.checksums.sorted().map(\.rawValue).joined(separator: ", ")
        let text = further.isEmpty ? "none" : "\(further), by the checksum job after the upload"
        return Finding(level: .ok, text: "checksums besides SHA-256: \(text)")
    }

    private func space(of state: StateDirectory) -> Finding {
        do {
            let space = try state.calls.space(of: state.bucket)
            let floor = settings.limits.floor(of: space)
            let text = "\(space.available >> 20) MiB free, of which \(floor >> 20) MiB are kept free"
            return Finding(level: space.available > floor ? .ok : .problem, text: text)
        } catch {
            return Finding(level: .problem, text: "free space: \(error)")
        }
    }

    /// Consumers must be able to read, move and delete: read the file, and write its directory.
    private func readers(of state: StateDirectory) -> Finding {
        do {
            let bucket = try state.calls.status(of: state.bucket)
            let group = state.group ?? bucket.group
            let name = getgrgid(group).map { String(cString: $0.pointee.gr_name) } ?? "\(group)"
            var who = ["user \(geteuid())"]
            if settings.fileMode & 0o040 != 0 { who.append("group \(name)") }
            if settings.fileMode & 0o004 != 0, bucket.mode & 0o001 != 0 { who.append("everybody") }
            let mode = String(settings.fileMode, radix: 8)
            let mayMove =
                bucket.mode & 0o020 != 0 ? "the group may move and delete" : "only the owner may move and delete"
            let text = "files (mode \(mode)) can be read by \(who.joined(separator: ", ")); \(mayMove)"
            return Finding(level: bucket.mode & 0o020 != 0 ? .ok : .warning, text: text)
        } catch {
            return Finding(level: .problem, text: "rights: \(error)")
        }
    }

    private func decoderFindings() async -> [Finding] {
        guard !settings.thumbnails.sizes.isEmpty else { return [Finding(level: .ok, text: "thumbnails: none wanted")] }
        do {
            let helpers = ThumbnailHelpers(
                try Assembly.thumbnailHelperOptions(settings.thumbnails),
                logger: Logger(label: "check")
            )
            let isolation = try await helpers.start()
            await helpers.shutdown()
            let isWhole = isolation.limits && isolation.systemCallFilter && isolation.landlockABI > 0
            return [Finding(level: isWhole ? .ok : .warning, text: "image decoder locked in by: \(isolation)")]
        } catch {
            return [Finding(level: .problem, text: "image decoder: \(error)")]
        }
    }
}
