import Digests
import Glibc
import Ingest
import Logging
import MicroHTTP
import SystemPackage

extension Settings {
    /// Reads and checks every setting; what is wrong is in the reader's problems afterwards.
    init(reading reader: inout SettingsReader) {
        bucket = reader.value(.bucket, expected: "a path", parse: Self.path) ?? Self.absolute(bucket)
        state = reader.value(.state, expected: "a path", parse: Self.path) ?? Self.defaultState(beside: bucket)
        readNetwork(&reader)
        readFiles(&reader)
        readLimits(&reader)
        readThumbnails(&reader)
        if let count = reader.count(.jobWorkers, atLeast: 1, atMost: 1024) { jobWorkers = count }
        if let count = reader.count(.jobHeldFiles, atLeast: 0, atMost: 1_000_000) { heldFiles = count }
        if let time = reader.duration(.jobRetention) { jobRetention = time }
        if let level: Logger.Level = reader.choice(.logLevel) { logLevel = level }
        if let format: LogFormatSetting = reader.choice(.logFormat) { logFormat = format }
        checkCombinations(&reader)
    }

    private mutating func readFiles(_ reader: inout SettingsReader) {
        if let value: Durability = reader.choice(.durability) { durability = value }
        if let value: Collision = reader.choice(.collision) { collision = value }
        let mode = reader.value(.filesMode, expected: "an octal mode such as 0640 that lets the owner read") { text in
            UInt32(text, radix: 8).flatMap { $0 & 0o400 != 0 && $0 <= 0o777 ? $0 : nil }
        }
        if let mode { fileMode = mode }
        fileGroup = reader.value(.filesGroup, expected: "a group of this machine") { name in
            UInt32(name) != nil || getgrnam(name) != nil ? name : nil
        }
        readChecksums(&reader)
    }

    private mutating func readChecksums(_ reader: inout SettingsReader) {
        guard let names = reader.texts(.checksums) else { return }
        let known: [DigestAlgorithm] = [.md5, .sha1, .sha512, .crc32c]
        checksums = Set(
            names.compactMap { name in
                guard let algorithm = DigestAlgorithm(rawValue: name), known.contains(algorithm) else {
                    let list = known.map(\.rawValue).joined(separator: ", ")
                    reader.reject(.checksums, "“\(name)” is not one of \(list); sha256 is always computed.")
                    return nil
                }
                return algorithm
            }
        )
    }

    private mutating func readLimits(_ reader: inout SettingsReader) {
        if let bytes = reader.bytes(.maxUploadSize) { limits.maxUploadSize = bytes }
        if let count = reader.count(.maxFilesPerForm, atLeast: 0) { limits.maxFilesPerForm = count }
        if let count = reader.count(.maxConcurrentUploads, atLeast: 0) { limits.maxConcurrentUploads = count }
        if let count = reader.count(.maxUploadsPerAddress, atLeast: 0) { limits.maxUploadsPerAddress = count }
        limits.minFreeSpace = reader.bytes(.minFreeSpace)
        if let bytes = reader.bytes(.quota) { limits.quota = bytes }
        if let count = reader.count(.maxUnfinishedUploads, atLeast: 0) { maxUnfinishedUploads = count }
        if let time = reader.duration(.expireUploadsAfter) {
            expireUploadsAfter = time
            if time < .seconds(60) { reader.reject(.expireUploadsAfter, "It must be at least 1m.") }
        }
        if let count = reader.count(.maxUnfinishedUploadsPerAddress, atLeast: 0) {
            maxUnfinishedUploadsPerAddress = count
        }
        if let count = reader.count(.maxIdempotencyKeys, atLeast: 0) { maxIdempotencyKeys = count }
        if let time = reader.duration(.expireKeysAfter) {
            expireKeysAfter = time
            if time < .seconds(60) { reader.reject(.expireKeysAfter, "It must be at least 1m.") }
        }
        if let flag = reader.flag(.interimResponses) { interimResponses = flag }
        if let count = reader.count(.maxConnections, atLeast: 1, atMost: 1_000_000) { maxConnections = count }
        if let count = reader.count(.maxConnectionsPerAddress, atLeast: 0) { maxConnectionsPerAddress = count }
        maxUploadTime = reader.duration(.maxUploadTime).flatMap { $0 == .zero ? nil : $0 }
        if let time = reader.duration(.headerTimeout) { headerTimeout = time }
        if let time = reader.duration(.idleTimeout) { idleTimeout = time }
        if let rate = reader.bytes(.minRate) { minRate = Int(rate) }
        if let time = reader.duration(.minRateGrace) { minRateGrace = time }
        if let time = reader.duration(.downloadStall) { downloadStall = time }
        if let bytes = reader.bytes(.bufferMemory) {
            bufferMemory = Int(bytes)
            if bytes < 1 << 20 { reader.reject(.bufferMemory, "It must be at least 1MiB.") }
        }
    }

    private mutating func readThumbnails(_ reader: inout SettingsReader) {
        if let sizes = reader.texts(.thumbnailSizes) {
            thumbnails.sizes = sizes.compactMap { text in
                let size = Int(text).flatMap { (16...4096).contains($0) ? $0 : nil }
                if size == nil { reader.reject(.thumbnailSizes, "“\(text)” is not a size of 16 to 4096 pixels.") }
                return size
            }
        }
        if let format: ThumbnailFormatSetting = reader.choice(.thumbnailFormat) { thumbnails.format = format }
        if let pixels = reader.count(.thumbnailMaxPixels, atLeast: 1) { thumbnails.maxPixels = Int64(pixels) }
        thumbnails.workers = reader.count(.thumbnailWorkers, atLeast: 1, atMost: 1024)
        thumbnails.directory = reader.value(.thumbnailDirectory, expected: "a path", parse: Self.path)
        if let time = reader.duration(.thumbnailKeepGone) { thumbnails.keepGone = time }
        thumbnails.helper = reader.value(.thumbnailHelper, expected: "a path", parse: Self.path)
        if let time = reader.duration(.thumbnailTimeout) {
            thumbnails.timeout = time
            if !(.seconds(1) ... .seconds(90)).contains(time) {
                reader.reject(.thumbnailTimeout, "It must be from 1s to 90s.")
            }
        }
        if let bytes = reader.bytes(.thumbnailMemory) {
            thumbnails.memory = bytes
            if bytes < 128 << 20 { reader.reject(.thumbnailMemory, "It must be at least 128MiB.") }
        }
    }

    static func path(_ text: String) -> FilePath? {
        text.isEmpty || text.utf8.contains(0) ? nil : absolute(FilePath(text))
    }

    /// Paths are taken from where the daemon was started, once.
    private static func absolute(_ path: FilePath) -> FilePath {
        guard path.isRelative, let directory = getcwd(nil, 0) else { return path }
        defer { free(directory) }
        return FilePath(platformString: directory).pushing(path).lexicallyNormalized()
    }

    /// `<bucket>.state`: the name of the bucket with an ending, in the same directory.
    static func defaultState(beside bucket: FilePath) -> FilePath {
        FilePath(bucket.lexicallyNormalized().string + ".state")
    }
}
