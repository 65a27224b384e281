import Logging
import ServiceLifecycle
import SystemPackage
import Telemetry
import Threading
import UnixSignals

/// Reads the settings again at each SIGHUP, and has the parts take over what may change: all of them, or none.
struct SettingsReload: Service {
    private static let threads = BlockingThreads(name: "settings", count: 1)

    let signals: UnixSignalsSequence
    /// Those the daemon was started with.
    let initial: LoadedSettings
    /// Reads flags, environment and file again; blocks.
    let load: @Sendable () throws(SettingsError) -> LoadedSettings
    let parts: [ReloadablePart]
    let notifier: SystemdNotifier?
    /// Where the command is told that asked for a reload; nil where there can be none.
    let reports: FilePath?
    /// What the service manager shows of a daemon that serves.
    let status: String
    let logger: Logger
    private let metrics = ReloadMetrics()

    init(
        at signals: UnixSignalsSequence,
        from initial: LoadedSettings,
        load: @escaping @Sendable () throws(SettingsError) -> LoadedSettings,
        parts: [ReloadablePart],
        notifier: SystemdNotifier?,
        reports: FilePath?,
        status: String,
        logger: Logger
    ) {
        self.signals = signals
        self.initial = initial
        self.load = load
        self.parts = parts
        self.notifier = notifier
        self.reports = reports
        self.status = status
        self.logger = logger
    }

    func run() async throws {
        var current = initial
        for await _ in signals.cancelOnGracefulShutdown() {
            let report = await openReport()
            tell { try $0.reloading(status: "Reloading the settings") }
            var problems: [String]?
            do throws(SettingsError) {
                current = try await reload(current)
            } catch {
                metrics.refused()
                tell(error)
                problems = error.problems.map(\.description)
            }
            tell { try $0.ready(status: status + Self.remark(on: problems)) }
            await end(report, problems)
        }
    }

    /// What is added to the status while older settings count.
    private static func remark(on problems: [String]?) -> String {
        guard let problems, let first = problems.first else { return "" }
        return "; new settings refused: \(first)" + (problems.count > 1 ? " (and \(problems.count - 1) more)" : "")
    }

    private func openReport() async -> ReloadReport? {
        guard let reports else { return nil }
        return await Self.threads.run { ReloadReport(at: reports) }
    }

    private func end(_ report: ReloadReport?, _ problems: [String]?) async {
        guard let report else { return }
        do {
            try await Self.threads.run { try report.end(problems) }
        } catch {
            logger.warning("who asked for the reload could not be told", metadata: ["error": "\(error)"])
        }
    }

    /// The settings that count afterwards; throws what keeps the old ones.
    private func reload(_ current: LoadedSettings) async throws(SettingsError) -> LoadedSettings {
        do {
            let new = try await Self.threads.run { [load] () throws(SettingsError) in try load() }
            let changed = try new.changes(from: current)
            let taken = new.reloadable(changed, over: current)
            let adopted = try current.taking(taken, from: new)
            var commits: [@Sendable () -> Void] = []
            for part in parts {
                commits.append(try await part.prepare(adopted.settings))
            }
            for commit in commits { commit() }
            metrics.reloaded()
            report(taken, changed.filter { !taken.contains($0) })
            return adopted
        } catch let error as SettingsError {
            throw error
        } catch {
            throw SettingsError(problems: [SettingsProblem(key: nil, reason: "\(error)")])
        }
    }

    private func tell(_ error: SettingsError) {
        for problem in error.problems {
            // One by one, for values of metadata are cut.
            var metadata: Logger.Metadata = ["problem": "\(problem.reason)"]
            metadata["setting"] = problem.key.map { "\($0)" }
            metadata["setting.origin"] = problem.origin.map { "\($0)" }
            logger.error("a setting is wrong", metadata: metadata)
        }
        logger.error("settings not reloaded, the old ones stay")
    }

    private func report(_ taken: [SettingKey], _ waiting: [SettingKey]) {
        for key in waiting {
            logger.warning("a changed setting takes effect at the next start", metadata: ["setting": "\(key.rawValue)"])
        }
        let names = taken.map(\.rawValue).joined(separator: ", ")
        logger.notice("settings reloaded", metadata: ["settings.changed": "\(names.isEmpty ? "none" : names)"])
    }

    private func tell(_ message: (SystemdNotifier) throws -> Void) {
        guard let notifier else { return }
        do {
            try message(notifier)
        } catch {
            logger.warning("the service manager could not be told", metadata: ["error": "\(error)"])
        }
    }
}
