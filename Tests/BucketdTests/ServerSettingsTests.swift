import IngestTesting
import MicroHTTP
import Testing

@testable import bucketd

/// What the HTTP server is told of the settings.
@Suite struct ServerSettingsTests {
    private func options(_ yaml: String, descriptors: Int = 1 << 20) throws -> HTTPServerOptions {
        let directory = try TemporaryDirectory()
        try directory.write(yaml.utf8, to: "settings.yaml")
        let settings = try Settings.load(flags: [:], environment: [:], file: directory.file("settings.yaml"))
        return settings.serverOptions(listen: [.tcp(host: "::1", port: 7)], processors: 3, descriptors: descriptors)
    }

    @Test func everyLimitReachesTheServer() throws {
        let options = try options(
            """
            shutdownTimeout: 11s
            limits:
              maxConnections: 112
              maxConnectionsPerAddress: 13
              headerTimeout: 14s
              idleTimeout: 15s
              minRate: 16
              minRateGrace: 17s
              downloadStall: 18s
              maxUploadTime: 19s
              bufferMemory: 20MiB
            uploads: {interimResponses: false}
            """
        )
        #expect(options.listen == [.tcp(host: "::1", port: 7)])
        #expect(options.workers == 3)
        #expect(options.shutdownTimeout == .seconds(11))
        #expect(options.connectionLimit == 112)
        #expect(options.connectionsPerAddress == 13)
        #expect(options.headerTimeout == .seconds(14))
        #expect(options.idleTimeout == .seconds(15))
        #expect(options.minRate == 16)
        #expect(options.minRateGrace == .seconds(17))
        #expect(options.downloadStall == .seconds(18))
        #expect(options.maxUploadTime == .seconds(19))
        #expect(options.bufferMemory == 20 << 20)
        #expect(!options.interimResponses)
    }

    @Test(arguments: [
        (65_536, 4, 10_000), (20_456, 4, 10_000), (4096, 4, 1820), (1024, 4, 309), (256, 4, 21), (20_456, 1024, 5920),
        (256, 1024, 8),
    ])
    func connectionsLeaveDescriptorsForAllElse(limit: Int, jobs: Int, connections: Int) throws {
        let jobs = "jobs: {workers: \(jobs)}\n"
        #expect(try options(jobs, descriptors: limit).connectionLimit == connections)
        #expect(try options(jobs + "limits: {maxConnections: 7}", descriptors: limit).connectionLimit == 7)
    }

    @Test func theDefaultsAreThoseThatAreDocumented() throws {
        let options = try options("")
        #expect(options.headerTimeout == .seconds(10))
        #expect(options.idleTimeout == .seconds(60))
        #expect(options.minRate == 240)
        #expect(options.minRateGrace == .seconds(5))
        #expect(options.downloadStall == .seconds(30))
        #expect(options.maxUploadTime == .zero)
        #expect(options.connectionLimit == 10_000)
        #expect(options.connectionsPerAddress == 0)
        #expect(options.interimResponses)
    }

    @Test func zeroIsNoLimit() throws {
        let options = try options(
            "limits: {headerTimeout: 0, idleTimeout: 0, minRate: 0, minRateGrace: 0, downloadStall: 0, maxUploadTime: 0}"
        )
        #expect(options.headerTimeout == .zero)
        #expect(options.idleTimeout == .zero)
        #expect(options.minRate == 0)
        #expect(options.minRateGrace == .zero)
        #expect(options.downloadStall == .zero)
        #expect(options.maxUploadTime == .zero)
    }
}
