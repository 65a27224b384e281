// swift-tools-version: 6.2
import PackageDescription

/// Whether warnings are errors.
///
/// A newer compiler's new warning must not stop a newcomer's build, so they are only where somebody watches: under `CI`
/// and in `scripts/test`, which sets `BUCKETD_STRICT`.
let strict = Context.environment["CI"] != nil || Context.environment["BUCKETD_STRICT"] != nil
let settings: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),  // SE-0335
        .enableUpcomingFeature("InternalImportsByDefault"),  // SE-0409
        .enableUpcomingFeature("MemberImportVisibility"),  // SE-0444
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),  // SE-0461
    ] + (strict ? [.treatAllWarnings(as: .error)] : [])
let cSettings: [CSetting] = strict ? [.treatAllWarnings(as: .error)] : []

let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let metricsTestKit = Target.Dependency.product(name: "MetricsTestKit", package: "swift-metrics")
let systemPackage = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let sqlite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let configuration = Target.Dependency.product(name: "Configuration", package: "swift-configuration")
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")

func source(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: settings)
}
func shim(_ name: String, linking libraries: [String] = []) -> Target {
    .target(name: name, cSettings: cSettings, linkerSettings: libraries.map { .linkedLibrary($0) })
}
func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: settings)
}

/// A C program that the benchmarks run beside the daemon.
func benchProgram(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .executableTarget(
        name: "bucketd-bench-\(name)",
        dependencies: dependencies,
        path: "Tests/Benchmarks/Programs/\(name)",
        cSettings: cSettings
    )
}

/// The inputs of fuzzing are replayed by a test; `scripts/test --fuzz` sets `BUCKETD_FUZZ`, which makes the same checks
/// a program that is linked with libFuzzer.
let fuzzed: [Target.Dependency] = [
    "Multipart", "StructuredFields", "MicroHTTP", "UploadAPI", "Ingest", "Digests", "ThumbnailWire", httpTypes,
]
let fuzzing: Target =
    Context.environment["BUCKETD_FUZZ"] == nil
    ? .testTarget(name: "FuzzTests", dependencies: fuzzed, exclude: ["Driver", "Corpus"], swiftSettings: settings)
    : .executableTarget(
        name: "bucketd-fuzz",
        dependencies: fuzzed,
        path: "Tests/FuzzTests",
        exclude: ["ReplayTests.swift", "Corpus"],
        swiftSettings: settings
    )

let package = Package(
    name: "bucketd",
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-configuration", exact: "1.4.0", traits: ["YAML"]),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0", traits: []),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", exact: "2.13.0"),
        .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", exact: "1.0.2", traits: []),
    ],
    targets: [
        // C shims.
        shim("CLinux"),
        .systemLibrary(
            name: "CMicroHTTPDLibrary",
            pkgConfig: "libmicrohttpd",
            providers: [.apt(["libmicrohttpd-dev"])]
        ),
        .systemLibrary(name: "CGnuTLSLibrary", pkgConfig: "gnutls", providers: [.apt(["libgnutls28-dev"])]),
        .target(name: "CMicroHTTPD", dependencies: ["CMicroHTTPDLibrary", "CGnuTLSLibrary"], cSettings: cSettings),
        .systemLibrary(name: "CVipsLibrary", pkgConfig: "vips", providers: [.apt(["libvips-dev"])]),
        .target(name: "CVips", dependencies: ["CVipsLibrary"], cSettings: cSettings),
        shim("CSandbox", linking: ["seccomp"]),
        .systemLibrary(name: "CCurlLibrary", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .target(name: "CCurl", dependencies: ["CCurlLibrary"], cSettings: cSettings),

        // What everything stands on.
        source("Threading", ["CLinux"]),
        source("Ingest", ["Digests", "Threading", logging, metrics, systemPackage]),
        source("Digests", ["StructuredFields", "CLinux", crypto]),

        // Uploads: bytes, records, publication.
        source("Multipart", []),
        source("Spool", ["Ingest", "Digests", "Threading", "CLinux", logging, systemPackage]),
        source("Ledger", ["Ingest", "Digests", "Threading", "CLinux", grdb, logging, metrics, systemPackage]),

        // The background.
        source("Jobs", ["Ingest", "Digests", "Threading", lifecycle, logging, metrics, systemPackage]),
        source("ThumbnailWire", []),
        source(
            "PostProcessing",
            [
                "Ingest", "Jobs", "Digests", "Threading", "ThumbnailWire", "CLinux", lifecycle, subprocess, logging,
                metrics, systemPackage,
            ]
        ),

        // Who may do what.
        source("Access", ["Ingest", "Threading", crypto, systemPackage]),

        // The wire.
        source("StructuredFields", []),
        source(
            "MicroHTTP",
            ["CMicroHTTPD", "CLinux", "Threading", httpTypes, lifecycle, logging, metrics, systemPackage]
        ),
        source(
            "UploadAPI",
            [
                "Ingest", "Access", "Digests", "Multipart", "StructuredFields", "MicroHTTP", httpTypes, logging,
                metrics, systemPackage,
            ],
            resources: [.embedInCode("Resources")]
        ),
        source("Telemetry", ["Threading", "CLinux", lifecycle, logging, metrics]),
        source("Outbound", ["CCurl", "Threading", httpTypes, systemPackage]),

        // Programs.
        .executableTarget(
            name: "bucketd",
            dependencies: [
                "Ingest", "Access", "Digests", "Spool", "Ledger", "Jobs", "PostProcessing", "ThumbnailWire",
                "MicroHTTP", "UploadAPI", "Telemetry", "Threading", "CLinux", argumentParser, configuration, yams,
                lifecycle,
                unixSignals, logging, metrics, systemPackage,
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "bucketctl",
            dependencies: [
                "Access", "Ingest", "Digests", "Outbound", "StructuredFields", "Threading", "CLinux", argumentParser,
                yams, httpTypes, systemPackage,
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "bucketd-thumbnail",
            dependencies: ["ThumbnailWire", "CVips", "CSandbox"],
            swiftSettings: settings
        ),

        // Tests.
        source("IngestTesting", ["Ingest", "Digests", "Threading", "CLinux", systemPackage, subprocess]),
        tests("ThreadingTests", ["Threading"]),
        tests("IngestTests", ["Ingest", "Digests", "IngestTesting", "Threading", logging, systemPackage]),
        tests("DigestsTests", ["Digests", "CLinux"]),
        tests("MultipartTests", ["IngestTesting", "Multipart"]),
        tests(
            "SpoolTests",
            [
                "Spool", "Ledger", "UploadAPI", "MicroHTTP", "Ingest", "Digests", "IngestTesting", "Threading",
                httpTypes, logging, systemPackage,
            ]
        ),
        tests(
            "LedgerTests",
            ["Ledger", "Ingest", "Digests", "IngestTesting", "Threading", grdb, sqlite, systemPackage]
        ),
        tests(
            "JobsTests",
            [
                "Jobs", "Ingest", "Digests", "IngestTesting", "Threading", lifecycle, logging, metrics,
                metricsTestKit, systemPackage,
            ]
        ),
        tests(
            "PostProcessingTests",
            [
                "PostProcessing", "Jobs", "Ingest", "IngestTesting", "ThumbnailWire", "Digests", "Threading",
                lifecycle, logging, systemPackage,
            ]
        ),
        tests("ThumbnailWireTests", ["ThumbnailWire"]),
        tests(
            "ThumbnailHelperTests",
            [
                "PostProcessing", "ThumbnailWire", "IngestTesting", "CLinux", "Threading", subprocess, logging,
                systemPackage,
            ]
        ),
        tests("AccessTests", ["Access", "Ingest", "IngestTesting", systemPackage]),
        tests("StructuredFieldsTests", ["StructuredFields"]),
        tests(
            "MicroHTTPTests",
            ["MicroHTTP", "IngestTesting", "CLinux", "Threading", httpTypes, lifecycle, logging, systemPackage]
        ),
        tests(
            "UploadAPITests",
            [
                "UploadAPI", "Access", "StructuredFields", "MicroHTTP", "Ingest", "IngestTesting", "Digests",
                "Threading",
                httpTypes,
                logging, systemPackage,
            ]
        ),
        tests("TelemetryTests", ["Telemetry", "IngestTesting", lifecycle, logging, metrics]),
        tests(
            "BucketdTests",
            ["bucketd", "Ingest", "Digests", "IngestTesting", "MicroHTTP", configuration, logging, systemPackage]
        ),
        tests("OutboundTests", ["Outbound", "IngestTesting", "Threading", httpTypes, systemPackage]),
        tests(
            "BucketctlTests",
            ["bucketctl", "Digests", "Outbound", "IngestTesting", httpTypes, systemPackage]
        ),
        tests("IngestTestingTests", ["IngestTesting", "Threading", systemPackage]),
        tests(
            "EndToEndTests",
            ["IngestTesting", "Digests", "Threading", sqlite, systemPackage],
            exclude: ["Tus/clients.py"]
        ),
        .executableTarget(name: "system-call-trap", path: "Tests/SystemCallTrap", cSettings: cSettings),
        .executableTarget(
            name: "bucketd-block-log",
            path: "Tests/BlockLog",
            cSettings: cSettings,
            linkerSettings: [.linkedLibrary("fuse3")]
        ),
        fuzzing,
        .executableTarget(
            name: "bucketd-bench",
            dependencies: [
                "Ingest", "IngestTesting", "Ledger", "PostProcessing", "ThumbnailWire", "Threading", "CLinux",
                argumentParser, grdb, logging, systemPackage,
            ],
            path: "Tests/Benchmarks",
            exclude: ["Peers", "Programs", "RESULTS.md"],
            swiftSettings: settings
        ),
        benchProgram("load"),
        benchProgram("floor"),
        benchProgram("vips", ["CVipsLibrary"]),
    ]
)
