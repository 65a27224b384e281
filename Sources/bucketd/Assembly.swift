import FoundationEssentials
import Ingest
import Jobs
import Ledger
import Logging
import MicroHTTP
import PostProcessing
import ServiceLifecycle
import Spool
import Telemetry
import Threading
import UnixSignals
import UploadAPI

/// The one place where the daemon's parts are chosen and put together.
struct Assembly {
    private(set) var settings: Settings
    let registry: PrometheusRegistry
    let threshold: LogThreshold
    let logger: Logger
    let health = Health()
    let clock = SystemClock()
    private static let scrapes = BlockingThreads(name: "metrics", count: 1)

    init(
        _ settings: Settings,
        registry: PrometheusRegistry,
        threshold: LogThreshold = LogThreshold(.info),
        logger: Logger
    ) {
        self.settings = settings
        self.registry = registry
        self.threshold = threshold
        self.logger = logger
    }

    /// The same under other settings.
    func with(_ settings: Settings) -> Assembly {
        var assembly = self
        assembly.settings = settings
        return assembly
    }

    /// Recovers what the last daemon left, serves, and returns after a graceful stop.
    ///
    /// `initial` are the settings with what they were made of, `load` reads them again.
    func run(
        from initial: LoadedSettings,
        load: @escaping @Sendable () throws(SettingsError) -> LoadedSettings
    ) async throws {
        let notifier = SystemdNotifier()
        let process = ProcessMetrics()
        let tokens = try openTokens()
        let options = try await serverOptions(try listenAddresses())
        let runner = LateBound<JobRunner>()
        let server = LateBound<HTTPServer>()
        let files = try fileTasks()
        let storage = try await openStorage(planner: TaskCatalog(files.tasks)) { runner.value?.wake() }
        let background = try await background(of: storage, files: files)
        runner.bind(background.runner)
        let tickets = try await openTickets(tokens, storage)
        let thumbnails = files.thumbnails
        let access = accessRules(tokens, tickets)
        let make = { @Sendable (assembly: Assembly, old: RequestHandling?) in
            assembly.requestHandling(storage, background, access, thumbnails: thumbnails, replacing: old) {
                server.value?.recordUsage()
                await Self.scrapes.run { process.update() }
            }
        }
        let handling = Replaceable(make(self, nil))
        try await handling.value.uploads.load()
        let http = HTTPServer(options: options, handler: handling.value.service.respond, logger: logger)
        server.bind(http)
        // Trapped before anybody can take the daemon for running; what comes in before the services run is kept.
        let stopSignals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let reloadSignals = await UnixSignalsSequence(trapping: .sighup)
        let status = "Serving \(settings.bucket)"
        for (address, setting) in zip(try http.bind(), options.listen) {
            logger.notice("listening", metadata: ["address": "\(setting.isTLS ? "tls:" : "")\(address)"])
            warnOfStrangers(at: address)
        }
        try notifier?.ready(status: status)
        var failure: (any Error)?
        do {
            let upkeep: [any Service] = [
                LedgerInspector(storage.ledger), UploadAssembly(handling: handling, logger: logger),
                UploadExpiry(handling, tickets, logger: logger),
                SettingsReload(
                    at: reloadSignals,
                    from: initial,
                    load: load,
                    parts: reloadableParts(server: http, tokens, handling: handling, remake: make),
                    notifier: notifier,
                    reports: ReloadReport.path(ProcessInfo.processInfo.environment),
                    status: status,
                    logger: logger
                ),
            ]
            let watchdog = watchdog(notifier, storage, background, http)
            try await serve(http, background, upkeep, notifier, watchdog, until: stopSignals)
        } catch {
            failure = error
        }
        storage.bucket.stopBackgroundWork()
        await files.helpers?.shutdown()
        do {
            try await storage.ledger.close()
        } catch {
            failure = failure ?? error
        }
        if let failure {
            throw failure
        }
    }

    /// Services stop in reverse order: the server first, so that what it takes in still finds a queue.
    private func serve(
        _ server: HTTPServer,
        _ background: Background,
        _ upkeep: [any Service],
        _ notifier: SystemdNotifier?,
        _ watchdog: SystemdWatchdog?,
        until stopSignals: UnixSignalsSequence
    ) async throws {
        var services: [any Service] = background.services + upkeep + [server]
        if let watchdog {
            services.insert(watchdog, at: 0)
        }
        services.append(StopAnnouncement(notifier: notifier, logger: logger))
        // The group names every service with all it holds in its debug lines.
        var groupLogger = logger
        groupLogger.logLevel = max(logger.logLevel, .notice)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services.map { .init(service: $0) } + [
                    .init(
                        service: StopSignal(signals: stopSignals),
                        successTerminationBehavior: .gracefullyShutdownGroup
                    )
                ],
                logger: groupLogger
            )
        )
        try await group.run()
    }
}

/// Ends, and the other services with it, at the first signal; further ones change nothing.
private struct StopSignal: Service {
    let signals: UnixSignalsSequence

    func run() async throws {
        for await _ in signals.cancelOnGracefulShutdown() { return }
    }
}

/// Says that a stop has begun; listed last, because services are told to stop in reverse order.
private struct StopAnnouncement: Service {
    let notifier: SystemdNotifier?
    let logger: Logger

    func run() async throws {
        try? await gracefulShutdown()
        logger.notice("stopping")
        do {
            try notifier?.stopping(status: "Finishing uploads in flight")
        } catch {
            logger.warning("the service manager could not be told", metadata: ["error": "\(error)"])
        }
    }
}
