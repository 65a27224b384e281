import MicroHTTP

extension Settings {
    /// The HTTP server's part of the settings; `processors` is how many the machine has, `descriptors` how many may be
    /// open.
    func serverOptions(listen: [ListenAddress], processors: Int, descriptors: Int) -> HTTPServerOptions {
        var options = HTTPServerOptions(processors: processors)
        options.listen = listen
        options.connectionLimit = DescriptorBudget(limit: descriptors, self).connections
        options.connectionsPerAddress = maxConnectionsPerAddress
        options.headerTimeout = headerTimeout
        options.idleTimeout = idleTimeout
        options.minRate = minRate
        options.minRateGrace = minRateGrace
        options.downloadStall = downloadStall
        options.maxUploadTime = maxUploadTime ?? .zero
        options.bufferMemory = bufferMemory
        options.interimResponses = interimResponses
        options.shutdownTimeout = shutdownTimeout
        options.trustedProxies = trustedProxies
        return options
    }
}
