import Glibc
import Ingest
import Jobs
import MicroHTTP
import PostProcessing
import Telemetry
import UploadAPI

extension Assembly {
    /// The addresses of the settings, with `systemd` replaced by the sockets it handed over.
    func listenAddresses() throws -> [ListenAddress] {
        try settings.listen.flatMap { setting -> [ListenAddress] in
            switch setting {
            case .address(let address):
                return [address]
            case .systemd:
                let sockets = try SystemdSockets()
                try sockets.adopt()
                guard !sockets.sockets.isEmpty else {
                    throw SettingsError(
                        problems: [SettingsProblem(key: "listen", reason: "systemd handed over no socket.")]
                    )
                }
                return sockets.sockets.map { .inherited(descriptor: $0.descriptor) }
            }
        }
    }

    func serverOptions(_ listen: [ListenAddress]) -> HTTPServerOptions {
        settings.serverOptions(listen: listen, processors: sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    }

    /// uname(2)'s, which people on the same network use.
    private static func machineName() -> String? {
        var names = utsname()
        guard uname(&names) == 0 else { return nil }
        return withUnsafeBytes(of: names.nodename) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    /// The way in, for uploads of one request and of several.
    func resumableUploads(_ storage: Storage) async throws -> ResumableUploads {
        var options = ResumableOptions()
        options.expireAfter = settings.expireUploadsAfter
        options.maxOpenUploads = settings.maxUnfinishedUploads
        options.maxOpenUploadsPerAddress = settings.maxUnfinishedUploadsPerAddress
        let uploads = ResumableUploads(
            intake: UploadIntake(
                store: storage.spool,
                files: storage.bucket,
                ledger: storage.ledger,
                limits: settings.limits,
                health: health
            ),
            store: storage.spool,
            ledger: storage.ledger,
            clock: clock,
            options: options
        )
        try await uploads.load()
        return uploads
    }

    func idempotentRequests(_ storage: Storage, _ uploads: ResumableUploads) -> IdempotentRequests {
        var options = IdempotentRequests.Options()
        options.expireAfter = settings.expireKeysAfter
        options.maxRequests = settings.maxIdempotencyKeys
        return IdempotentRequests(intake: uploads.intake, ledger: storage.ledger, clock: clock, options: options)
    }

    /// `beforeScrape` brings gauges up to date that nobody keeps so.
    func uploadService(
        _ storage: Storage,
        _ background: Background,
        _ uploads: ResumableUploads,
        _ requests: IdempotentRequests,
        _ access: AccessRules,
        thumbnails: StoredThumbnails,
        beforeScrape: @escaping @Sendable () -> Void
    ) -> UploadService {
        var options = UploadServiceOptions()
        options.collision = settings.collision
        options.policy = RequestPolicy(
            hosts: settings.hosts,
            machineName: Self.machineName(),
            origins: settings.origins
        )
        options.access = access
        options.urls = ResourceURLs(publicURL: settings.publicURL)
        options.sendsInterimResponses = settings.interimResponses
        options.tasks = background.catalog.descriptions
        options.readiness = { [health] in health.reason }
        options.metrics = { [registry] in
            beforeScrape()
            return (registry.render(), PrometheusRegistry.contentType)
        }
        options.jobWasCancelled = background.runner.jobWasCancelled
        options.fileWasRemoved = { [logger] in await background.derived.removeUnlessHeld($0, logger: logger) }
        return UploadService(
            intake: uploads.intake,
            uploads: uploads,
            requests: requests,
            catalog: FileCatalog(ledger: storage.ledger, files: storage.bucket, queue: storage.ledger),
            files: storage.bucket,
            ledger: storage.ledger,
            queue: storage.ledger,
            ends: background.ends,
            health: health,
            thumbnails: thumbnails,
            options: options
        )
    }
}
