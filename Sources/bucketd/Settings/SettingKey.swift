import Configuration

/// Every key there is.
///
/// A key that is not here is an error wherever it turns up.
enum SettingKey: String, CaseIterable {
    case bucket
    case state
    case listen
    case hosts
    case origins
    case publicURL
    case trustedProxies
    case durability
    case collision
    case shutdownTimeout
    case logLevel
    case logFormat
    case checksums
    case filesMode = "files.mode"
    case filesGroup = "files.group"
    case maxUploadSize = "limits.maxUploadSize"
    case maxFilesPerForm = "limits.maxFilesPerForm"
    case maxConnections = "limits.maxConnections"
    case maxConnectionsPerAddress = "limits.maxConnectionsPerAddress"
    case maxConcurrentUploads = "limits.maxConcurrentUploads"
    case maxUploadsPerAddress = "limits.maxUploadsPerAddress"
    case maxUploadTime = "limits.maxUploadTime"
    case minFreeSpace = "limits.minFreeSpace"
    case quota = "limits.quota"
    case headerTimeout = "limits.headerTimeout"
    case idleTimeout = "limits.idleTimeout"
    case minRate = "limits.minRate"
    case minRateGrace = "limits.minRateGrace"
    case downloadStall = "limits.downloadStall"
    case bufferMemory = "limits.bufferMemory"
    case maxUnfinishedUploads = "limits.maxUnfinishedUploads"
    case maxUnfinishedUploadsPerAddress = "limits.maxUnfinishedUploadsPerAddress"
    case maxIdempotencyKeys = "limits.maxIdempotencyKeys"
    case expireUploadsAfter = "uploads.expireAfter"
    case expireKeysAfter = "idempotency.expireAfter"
    case interimResponses = "uploads.interimResponses"
    case tokensFile = "auth.tokensFile"
    case allowAnonymous = "auth.allowAnonymous"
    case tlsCertificate = "tls.certificate"
    case tlsKey = "tls.key"
    case tlsClientCA = "tls.clientCA"
    case thumbnailSizes = "thumbnails.sizes"
    case thumbnailFormat = "thumbnails.format"
    case thumbnailMaxPixels = "thumbnails.maxPixels"
    case thumbnailWorkers = "thumbnails.workers"
    case thumbnailDirectory = "thumbnails.directory"
    case thumbnailKeepGone = "thumbnails.keepGone"
    case thumbnailHelper = "thumbnails.helper"
    case thumbnailTimeout = "thumbnails.timeout"
    case thumbnailMemory = "thumbnails.memory"
    case jobWorkers = "jobs.workers"
    case jobHeldFiles = "jobs.heldFiles"
    case jobRetention = "jobs.retention"

    var components: [String] { rawValue.split(separator: ".").map(String.init) }

    var configKey: AbsoluteConfigKey { AbsoluteConfigKey(components) }

    /// `limits.maxUploadSize` is `BUCKETD_LIMITS_MAX_UPLOAD_SIZE` in the environment.
    var environmentName: String {
        var name = "BUCKETD"
        for component in components {
            name += "_"
            for character in component {
                if character.isUppercase {
                    name += "_"
                }
                name += character.uppercased()
            }
        }
        return name
    }

    /// Variables that begin with `BUCKETD_` and are not settings: they steer the build and the tests.
    static let otherEnvironmentNames: Set<String> = ["BUCKETD_STRICT", "BUCKETD_FAULTS", "BUCKETD_FAULTS_SEED"]
}
