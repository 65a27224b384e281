extension SettingKey {
    /// Whether a new value is taken over while the daemon runs; the others wait for its next start.
    ///
    /// Requests and uploads in flight keep the values that they began with. What makes sense only with values that wait
    /// waits with them: anonymous access with the addresses and the tokens.
    var isReloadable: Bool { Self.reloadable.contains(self) }

    /// Whether it is for the addresses that speak TLS.
    var isOfTLS: Bool { [.tlsCertificate, .tlsKey, .tlsClientCA].contains(self) }

    private static let reloadable: Set<SettingKey> = [
        .hosts, .origins, .publicURL, .trustedProxies, .collision, .shutdownTimeout, .logLevel,
        .maxUploadSize, .maxFilesPerForm, .maxConnections, .maxConnectionsPerAddress, .maxConcurrentUploads,
        .maxUploadsPerAddress, .maxUploadTime, .minFreeSpace, .quota, .headerTimeout, .idleTimeout, .minRate,
        .minRateGrace, .downloadStall, .maxUnfinishedUploads, .maxUnfinishedUploadsPerAddress, .maxIdempotencyKeys,
        .expireUploadsAfter, .expireKeysAfter, .interimResponses, .tlsCertificate, .tlsKey, .tlsClientCA,
    ]
}
