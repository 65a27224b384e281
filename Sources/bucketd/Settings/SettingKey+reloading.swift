extension SettingKey {
    /// Whether a new value is taken over while the daemon runs; the others wait for its next start.
    ///
    /// Requests and uploads in flight keep the values that they began with.
    var isReloadable: Bool { Self.reloadable.contains(self) }

    private static let reloadable: Set<SettingKey> = [
        .hosts, .origins, .publicURL, .trustedProxies, .collision, .shutdownTimeout, .logLevel, .allowAnonymous,
        .maxUploadSize, .maxFilesPerForm, .maxConnections, .maxConnectionsPerAddress, .maxConcurrentUploads,
        .maxUploadsPerAddress, .maxUploadTime, .minFreeSpace, .quota, .headerTimeout, .idleTimeout, .minRate,
        .minRateGrace, .downloadStall, .maxUnfinishedUploads, .maxUnfinishedUploadsPerAddress, .maxIdempotencyKeys,
        .expireUploadsAfter, .expireKeysAfter, .interimResponses, .tlsCertificate, .tlsKey, .tlsClientCA,
    ]
}
