import Digests
import Ingest
import Logging
import MicroHTTP
import SystemPackage

/// All that an operator can set, checked.
struct Settings: Sendable, Equatable {
    /// The folder people watch.
    var bucket = FilePath("bucket")
    /// Spool, ledger and thumbnails; beside the bucket, on the same mount.
    var state = FilePath("bucket.state")
    var listen: [ListenSetting] = [.address(.tcp(host: "127.0.0.1", port: 8080))]
    /// Host names, besides those bound, under which requests are taken.
    var hosts: [String] = []
    /// Web origins whose pages may upload.
    var origins: [String] = []
    /// What clients reach the server by, behind a proxy; nil: by the name and port of each request.
    var publicURL: String?
    /// Peers whose forwarding fields are believed.
    var trustedProxies = TrustedProxies()
    var durability = Durability.full
    var collision = Collision.rename
    /// How long uploads in flight may go on after a stop was asked for.
    var shutdownTimeout = Duration.seconds(30)
    var logLevel = Logger.Level.info
    var logFormat = LogFormatSetting.auto
    /// Digests that are recorded of every file besides its SHA-256.
    var checksums: Set<DigestAlgorithm> = []
    /// Permissions of published files.
    var fileMode: UInt32 = 0o640
    /// Group of published files; nil: the bucket directory's.
    var fileGroup: String?
    var limits = IngestLimits()
    /// Uploads that wait for a client to go on with them.
    var maxUnfinishedUploads = 10_000
    /// Of these, begun from one address; 0: no limit.
    var maxUnfinishedUploadsPerAddress = 0
    /// How long an unfinished upload waits, from its last byte on.
    var expireUploadsAfter = Duration.seconds(86_400)
    /// Requests with a key that are remembered; 0: any number.
    var maxIdempotencyKeys = 1_000_000
    /// How long a request with a key is remembered.
    var expireKeysAfter = Duration.seconds(86_400)
    /// Whether clients are told of resumable uploads ahead of the answer.
    var interimResponses = true
    var maxConnections = 10_000
    var maxConnectionsPerAddress = 0
    /// Nil: no limit.
    var maxUploadTime: Duration?
    var headerTimeout = Duration.seconds(10)
    var idleTimeout = Duration.seconds(60)
    /// Bytes a second that a body must arrive with while we are willing to read; 0: any.
    var minRate = 240
    var minRateGrace = Duration.seconds(5)
    /// How long a client may take nothing of a download.
    var downloadStall = Duration.seconds(30)
    /// Bytes that all queued bodies may take together.
    var bufferMemory = 32 << 20
    var thumbnails = ThumbnailSettings()
    /// Jobs that run at a time.
    var jobWorkers = 4
    /// Files kept open for their jobs.
    var heldFiles = 256
    /// How long finished jobs and rows of gone files are kept.
    var jobRetention = Duration.seconds(7 * 86_400)
    /// The file of tokens; nil: there are none, and whoever reaches the server may do everything.
    var tokensFile: FilePath?
    var allowAnonymous = false
    /// What connections over TLS are served with.
    var tls: TLSFiles?
}

struct ThumbnailSettings: Sendable, Equatable {
    /// Longer edge in pixels; empty: no thumbnails.
    var sizes = [256]
    var format = ThumbnailFormatSetting.webp
    var maxPixels: Int64 = 100_000_000
    /// Sandboxed decoders; nil: one less than there are cores, at least one.
    var workers: Int?
    /// Nil: `<state>/thumbnails`.
    var directory: FilePath?
    var keepGone = Duration.seconds(7 * 86_400)
    /// The helper program; nil: beside this program or in its libexec directory.
    var helper: FilePath?
    /// Wall time of one picture.
    var timeout = Duration.seconds(30)
    /// Address space of the process that decodes one picture, in bytes.
    var memory: Int64 = 1 << 30
}

enum ThumbnailFormatSetting: String, CaseIterable, Sendable {
    case webp
    case jpeg
}

/// How log lines look; `auto` is the journal's style where standard error goes to it, else the console's.
enum LogFormatSetting: String, CaseIterable, Sendable {
    case auto
    case console
    case journal
    case json
}

/// Where to listen: an address of our own, or what systemd hands over.
enum ListenSetting: Sendable, Equatable {
    case address(ListenAddress)
    case systemd
}
