import CLinux
import Glibc
import Ingest
import Jobs
import Logging
import MicroHTTP
import PostProcessing
import Telemetry
import UploadAPI

extension Assembly {
    /// `FileDescriptorName=` of sockets that are for TLS.
    private static let tlsSocketName = "tls"

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
                return sockets.sockets.map { socket in
                    let address = ListenAddress.inherited(descriptor: socket.descriptor)
                    return socket.name == Self.tlsSocketName ? .tls(address) : address
                }
            }
        }
    }

    func serverOptions(_ listen: [ListenAddress]) async throws(SettingsError) -> HTTPServerOptions {
        let descriptors = clinux_raise_descriptor_limit()
        var options = settings.serverOptions(
            listen: listen,
            processors: sysconf(Int32(_SC_NPROCESSORS_ONLN)),
            descriptors: descriptors
        )
        if options.connectionLimit < settings.maxConnections {
            logger.notice(
                "fewer connections than limits.maxConnections, as few files may be open (RLIMIT_NOFILE)",
                metadata: ["connections": "\(options.connectionLimit)", "limit": "\(descriptors)"]
            )
        }
        options.credentials = try await settings.loadCredentials(isSpoken: listen.contains(where: \.isTLS))
        CredentialMetrics.adopted(options.credentials)
        return options
    }

    /// uname(2)'s, which people on the same network use.
    private static func machineName() -> String? {
        var names = utsname()
        guard uname(&names) == 0 else { return nil }
        return withUnsafeBytes(of: names.nodename) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    /// What answers requests under these settings, over the uploads of `old` if there are any.
    ///
    /// `beforeScrape` brings gauges up to date that nobody keeps so.
    func requestHandling(
        _ storage: Storage,
        _ background: Background,
        _ access: AccessRules,
        thumbnails: StoredThumbnails,
        replacing old: RequestHandling?,
        beforeScrape: @escaping @Sendable () async -> Void
    ) -> RequestHandling {
        let uploads = resumableUploads(storage, access, old?.uploads)
        let requests = idempotentRequests(storage, uploads, old?.requests)
        let service = uploadService(
            storage,
            background,
            uploads,
            requests,
            access,
            thumbnails: thumbnails,
            replacing: old?.service,
            beforeScrape: beforeScrape
        )
        return RequestHandling(uploads: uploads, requests: requests, service: service)
    }

    /// The way in, for uploads of one request and of several.
    private func resumableUploads(
        _ storage: Storage,
        _ access: AccessRules,
        _ old: ResumableUploads?
    ) -> ResumableUploads {
        var options = ResumableOptions()
        options.expireAfter = settings.expireUploadsAfter
        options.maxOpenUploads = settings.maxUnfinishedUploads
        options.maxOpenUploadsPerAddress = settings.maxUnfinishedUploadsPerAddress
        if let old {
            return ResumableUploads(
                old,
                intake: UploadIntake(old.intake, limits: settings.limits),
                options: options
            )
        }
        return ResumableUploads(
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
            options: options,
            uploaders: access.uploaders
        )
    }

    private func idempotentRequests(
        _ storage: Storage,
        _ uploads: ResumableUploads,
        _ old: IdempotentRequests?
    ) -> IdempotentRequests {
        var options = IdempotentRequests.Options()
        options.expireAfter = settings.expireKeysAfter
        options.maxRequests = settings.maxIdempotencyKeys
        if let old {
            return IdempotentRequests(old, intake: uploads.intake, options: options)
        }
        return IdempotentRequests(intake: uploads.intake, ledger: storage.ledger, clock: clock, options: options)
    }

    private func uploadService(
        _ storage: Storage,
        _ background: Background,
        _ uploads: ResumableUploads,
        _ requests: IdempotentRequests,
        _ access: AccessRules,
        thumbnails: StoredThumbnails,
        replacing old: UploadService?,
        beforeScrape: @escaping @Sendable () async -> Void
    ) -> UploadService {
        let storageMetrics = StorageMetrics()
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
        let readiness = Readiness(uploads.intake, storage.ledger, health)
        options.readiness = { await readiness.obstacles() }
        options.metrics = { [registry, health] in
            await beforeScrape()
            await storageMetrics.update(uploads.intake, storage.spool, storage.ledger, health)
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
            options: options,
            replacing: old
        )
    }
}
