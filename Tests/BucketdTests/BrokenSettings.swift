import Testing

/// A settings file that is wrong, and all that is said of it.
struct BrokenSettings: Sendable, CustomTestStringConvertible {
    let text: String
    /// One a line; `FILE` stands for the file's path.
    let messages: [String]

    var testDescription: String { text }

    init(_ text: String, _ messages: String...) {
        self.text = text
        self.messages = messages
    }

    static let all =
        keys + shapes + quantities + network + tls + storage + combinations + syntax

    static let keys = [
        Self("bukket: x", "FILE:1: bukket: There is no such key; did you mean bucket?"),
        Self(
            "\nlimits:\n  maxUpload: 1",
            "FILE:3: limits.maxUpload: There is no such key; did you mean limits.maxUploadSize?"
        ),
        Self(
            "maxUploadSize: 1",
            "FILE:1: maxUploadSize: There is no such key; did you mean limits.maxUploadSize?"
        ),
        Self("PublicUrl: https://a", "FILE:1: PublicUrl: There is no such key; did you mean publicURL?"),
        Self("nonsense: 1", "FILE:1: nonsense: There is no such key."),
        Self("limits: {quota: {max: 1}}", "FILE:1: limits.quota: It takes a value, not keys of its own."),
        Self("1: 2", "FILE:1: 1: There is no such key."),
        Self("? [a, b]\n: c", "FILE:1: A key must be a text."),
        Self("bucket: a\nbucket: b", "FILE:2: bucket: It is given more than once, in lines 1 and 2."),
        Self(
            "limits:\n  quota: 1\n  maxConnections: 7\n  \"quota\": 2\n  quota: x\nlimits: {}",
            "FILE:5: limits.quota: It is given more than once, in lines 2 and 4 and 5.",
            "FILE:5: limits.quota: “x” is not a size such as 10GiB.",
            "FILE:6: limits: It is given more than once, in lines 1 and 6."
        ),
    ]

    static let shapes = [
        Self("- a", "FILE:1: The file must be a mapping of keys to values."),
        Self("just text", "FILE:1: The file must be a mapping of keys to values."),
        Self("limits: 5", "FILE:1: limits: It takes keys, not a value."),
        Self("limits: [quota]", "FILE:1: limits: It takes keys, not a value."),
        Self("durability: {full: 1}", "FILE:1: durability: It takes a value, not keys of its own."),
        Self("bucket:", "FILE:1: bucket: It has no value."),
        Self("collision: ~", "FILE:1: collision: It has no value."),
        Self("limits: {maxUploadSize: [1]}", "FILE:1: limits.maxUploadSize: It takes a single value."),
        Self("listen: 127.0.0.1:80", "FILE:1: listen: It takes a list."),
        Self("hosts: [a, [b]]", "FILE:1: hosts: The items of its list must be single values."),
        Self("hosts: [a, ~]", "FILE:1: hosts: The items of its list must be single values."),
    ]

    static let quantities = [
        Self("limits: {maxUploadSize: lots}", "FILE:1: limits.maxUploadSize: “lots” is not a size such as 10GiB."),
        Self(
            "limits: {maxUploadSize: 99999999999TiB}",
            "FILE:1: limits.maxUploadSize: “99999999999TiB” is not a size such as 10GiB."
        ),
        Self("limits: {quota: -1}", "FILE:1: limits.quota: “-1” is not a size such as 10GiB."),
        Self("limits: {minRate: 1.5KiB}", "FILE:1: limits.minRate: “1.5KiB” is not a size such as 10GiB."),
        Self(
            "limits: {maxFilesPerForm: 1.5}",
            "FILE:1: limits.maxFilesPerForm: “1.5” is not a whole number of at least 0."
        ),
        Self(
            "limits: {maxConnections: 0}",
            "FILE:1: limits.maxConnections: “0” is not a whole number of 1 to 1000000."
        ),
        Self(
            "limits: {maxConnections: 99999999999}",
            "FILE:1: limits.maxConnections: “99999999999” is not a whole number of 1 to 1000000."
        ),
        Self("limits: {bufferMemory: 1KiB}", "FILE:1: limits.bufferMemory: It must be at least 1MiB."),
        Self("shutdownTimeout: soon", "FILE:1: shutdownTimeout: “soon” is not a duration such as 90s."),
        Self("jobs: {retention: 99999999999d}", "FILE:1: jobs.retention: It must be at most 36500d."),
        Self("jobs: {workers: 0}", "FILE:1: jobs.workers: “0” is not a whole number of 1 to 1024."),
        Self("uploads: {expireAfter: 59s}", "FILE:1: uploads.expireAfter: It must be at least 1m."),
        Self("idempotency: {expireAfter: 1ms}", "FILE:1: idempotency.expireAfter: It must be at least 1m."),
        Self(
            "uploads: {interimResponses: maybe}",
            "FILE:1: uploads.interimResponses: “maybe” is not true or false."
        ),
        Self("thumbnails: {timeout: 91}", "FILE:1: thumbnails.timeout: It must be from 1s to 90s."),
        Self("thumbnails: {memory: 1MiB}", "FILE:1: thumbnails.memory: It must be at least 128MiB."),
        Self("thumbnails: {sizes: [1]}", "FILE:1: thumbnails.sizes: “1” is not a size of 16 to 4096 pixels."),
    ]

    static let network = [
        Self(
            "listen: [localhost]",
            "FILE:1: listen: “localhost” is not like 127.0.0.1:8080, tls:[::1]:8443, unix:/path or systemd."
        ),
        Self(
            "listen: [\"files.example.org:80\"]",
            "FILE:1: listen: “files.example.org:80” is not like 127.0.0.1:8080, tls:[::1]:8443, unix:/path or systemd."
        ),
        Self(
            "listen: [\"127.0.0.1:65536\", \"unix:socket\"]",
            "FILE:1: listen: “127.0.0.1:65536” is not like 127.0.0.1:8080, tls:[::1]:8443, unix:/path or systemd.",
            "FILE:1: listen: “unix:socket” is not like 127.0.0.1:8080, tls:[::1]:8443, unix:/path or systemd."
        ),
        Self(
            "listen:\n- 0.0.0.0:80",
            "FILE:1: listen: Anybody on the network could upload and delete: set auth.tokensFile, listen on loopback, or say "
                + "--allow-anonymous."
        ),
        Self("listen: []", "FILE:1: listen: There must be an address to listen on."),
        Self("listen: [\"[::1]:8080\", \"[::1]:8080\"]", "FILE:1: listen: “[::1]:8080” is there twice."),
        Self("hosts: [\"https://a\"]", "FILE:1: hosts: “https://a” is not a host's name, like files.example.org."),
        Self("hosts: [\"*.a\"]", "FILE:1: hosts: “*.a” is not a host's name, like files.example.org."),
        Self("origins: [\"*\"]", "FILE:1: origins: “*” is not an origin, like https://app.example.org."),
        Self(
            "origins: [\"https://a/b\"]",
            "FILE:1: origins: “https://a/b” is not an origin, like https://app.example.org."
        ),
        Self("publicURL: ftp://a", "FILE:1: publicURL: “ftp://a” is not a URL like https://files.example.org."),
        Self("publicURL: http://a/?b", "FILE:1: publicURL: “http://a/?b” is not a URL like https://files.example.org."),
        Self("publicURL: https://", "FILE:1: publicURL: “https://” is not a URL like https://files.example.org."),
        Self(
            "trustedProxies: [10.0.0.0/33, proxy.example]",
            "FILE:1: trustedProxies: “10.0.0.0/33” is not like 127.0.0.1, ::1, 10.0.0.0/8 or unix.",
            "FILE:1: trustedProxies: “proxy.example” is not like 127.0.0.1, ::1, 10.0.0.0/8 or unix."
        ),
        Self("auth: {allowAnonymous: perhaps}", "FILE:1: auth.allowAnonymous: “perhaps” is not true or false."),
    ]

    static let tls = [
        Self(
            "listen: [\"tls:127.0.0.1:1\"]",
            "FILE:1: listen: An address for TLS needs tls.certificate and tls.key."
        ),
        Self(
            "listen: [\"tls:unix:/run/x\"]",
            "FILE:1: listen: “tls:unix:/run/x” is not like 127.0.0.1:8080, tls:[::1]:8443, unix:/path or systemd."
        ),
        Self("tls: {certificate: /c}", "FILE:1: tls.certificate: It is of no use without tls.key."),
        Self("tls: {key: /k}", "FILE:1: tls.key: It is of no use without tls.certificate."),
        Self(
            "tls: {clientCA: /c}",
            "FILE:1: tls.clientCA: Clients can show a certificate to a server that has one only."
        ),
        Self(
            "tls: {certificate: /c, key: /k}",
            "FILE:1: tls.certificate: No address speaks TLS: begin one of listen with tls:, as in tls:[::]:8443."
        ),
        Self(
            "listen: [\"tls:0.0.0.0:1\"]\ntls: {certificate: /c, key: /k}",
            "FILE:1: listen: Anybody on the network could upload and delete: set auth.tokensFile, listen on loopback, or say "
                + "--allow-anonymous."
        ),
    ]

    static let storage = [
        Self("bucket: [a, b]", "FILE:1: bucket: It takes a single value."),
        Self("bucket: \"\"", "FILE:1: bucket: “” is not a path."),
        Self("durability: true", "FILE:1: durability: “true” is not one of full, relaxed."),
        Self("collision: explode", "FILE:1: collision: “explode” is not one of rename, replace, reject."),
        Self(
            "logLevel: loud",
            "FILE:1: logLevel: “loud” is not one of trace, debug, info, notice, warning, error, critical."
        ),
        Self("logFormat: xml", "FILE:1: logFormat: “xml” is not one of auto, console, journal, json."),
        Self(
            "files: {mode: \"0999\"}",
            "FILE:1: files.mode: “0999” is not an octal mode such as 0640 that lets the owner read."
        ),
        Self("files: {group: no such}", "FILE:1: files.group: “no such” is not a group of this machine."),
        Self(
            "checksums: [sha256]",
            "FILE:1: checksums: “sha256” is not one of md5, sha1, sha512, crc32c; sha256 is always computed."
        ),
        Self("thumbnails: {format: gif}", "FILE:1: thumbnails.format: “gif” is not one of webp, jpeg."),
    ]

    static let combinations = [
        Self(
            "limits: {maxUploadSize: 2KiB, quota: 1KiB}",
            "FILE:1: limits.maxUploadSize: 2048 bytes are more than limits.quota, 1024 bytes: no file of that size could "
                + "be stored."
        ),
        Self(
            "limits:\n  maxConnections: 5\n  maxConnectionsPerAddress: 6\n  maxConcurrentUploads: 7\n"
                + "  maxUploadsPerAddress: 8",
            "FILE:3: limits.maxConnectionsPerAddress: 6 can never be reached: limits.maxConnections is 5.",
            "FILE:4: limits.maxConcurrentUploads: 7 can never be reached: limits.maxConnections is 5.",
            "FILE:5: limits.maxUploadsPerAddress: 8 can never be reached: limits.maxConcurrentUploads is 7."
        ),
        Self(
            "limits: {maxUnfinishedUploads: 1, maxUnfinishedUploadsPerAddress: 2}",
            "FILE:1: limits.maxUnfinishedUploadsPerAddress: 2 can never be reached: limits.maxUnfinishedUploads is 1."
        ),
        Self("thumbnails: {sizes: [64, 64]}", "FILE:1: thumbnails.sizes: A size is there twice."),
        Self(
            "bucket: /in\nthumbnails: {directory: /in/../in/thumbnails}",
            "FILE:2: thumbnails.directory: It is in the bucket: who watches that would take thumbnails for uploads."
        ),
        Self(
            "bucket: /in\nthumbnails: {directory: /in.state/spool}",
            "FILE:2: thumbnails.directory: It must not be where the state directory /in.state keeps its own files."
        ),
        Self("bucket: /in/\nstate: /in", "FILE:2: state: It must be another directory than the bucket."),
        Self(
            "bucket: /a/tmp/in\nstate: /a",
            "FILE:1: bucket: It must not be where the state directory /a keeps its own files."
        ),
    ]

    static let syntax = [
        Self("a: [", "FILE:2: It is not YAML: while parsing a flow node, did not find expected node content."),
        Self(
            "limits:\n\tquota: 1",
            "FILE:2: It is not YAML: while scanning for the next token, found character that cannot start any token."
        ),
        Self("bucket: *here", "FILE:1: It is not YAML: found undefined alias."),
        Self(
            "bucket: a\n---\nbucket: b",
            "FILE:2: It is not YAML: expected a single document in the stream, but found another document."
        ),
        Self(
            "limits: {quota: x}\nlogLevel: loud\nnonsense: 1\nlisten: []\nlimitz: {}",
            "FILE:1: limits.quota: “x” is not a size such as 10GiB.",
            "FILE:2: logLevel: “loud” is not one of trace, debug, info, notice, warning, error, critical.",
            "FILE:3: nonsense: There is no such key.",
            "FILE:4: listen: There must be an address to listen on.",
            "FILE:5: limitz: There is no such key."
        ),
    ]
}
