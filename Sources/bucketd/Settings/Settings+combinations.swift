import Ingest
import SystemPackage

extension Settings {
    /// Rejects values that make no sense together.
    func checkCombinations(_ reader: inout SettingsReader) {
        checkSizes(&reader)
        checkCounts(&reader)
        checkDirectories(&reader)
        checkTLS(&reader)
    }

    private func checkSizes(_ reader: inout SettingsReader) {
        let (size, quota) = (limits.maxUploadSize, limits.quota)
        if quota > 0, size > quota {
            reader.reject(
                .maxUploadSize,
                "\(size) bytes are more than limits.quota, \(quota) bytes: no file of that size could be stored."
            )
        }
        if Set(thumbnails.sizes).count < thumbnails.sizes.count {
            reader.reject(.thumbnailSizes, "A size is there twice.")
        }
    }

    /// A limit of one address above that of all would never be met, and hides a mistake.
    private func checkCounts(_ reader: inout SettingsReader) {
        let pairs: [(SettingKey, Int, SettingKey, Int)] = [
            (.maxConnectionsPerAddress, maxConnectionsPerAddress, .maxConnections, maxConnections),
            (.maxUploadsPerAddress, limits.maxUploadsPerAddress, .maxConcurrentUploads, limits.maxConcurrentUploads),
            (.maxConcurrentUploads, limits.maxConcurrentUploads, .maxConnections, maxConnections),
            (
                .maxUnfinishedUploadsPerAddress, maxUnfinishedUploadsPerAddress, .maxUnfinishedUploads,
                maxUnfinishedUploads
            ),
        ]
        for (key, value, other, bound) in pairs where bound > 0 && value > bound {
            reader.reject(key, "\(value) can never be reached: \(other.rawValue) is \(bound).")
        }
    }

    private func checkDirectories(_ reader: inout SettingsReader) {
        let bucket = bucket.lexicallyNormalized()
        let state = state.lexicallyNormalized()
        if state == bucket {
            reader.reject(.state, "It must be another directory than the bucket.")
        }
        let reserved = ["spool", "tmp", "thumbnails"].map { state.appending($0) }
        if reserved.contains(where: bucket.starts(with:)) {
            reader.reject(.bucket, "It must not be where the state directory \(state) keeps its own files.")
        }
        guard let directory = thumbnails.directory?.lexicallyNormalized() else { return }
        if directory.starts(with: bucket) {
            reader.reject(
                .thumbnailDirectory,
                "It is in the bucket: who watches that would take thumbnails for uploads."
            )
        } else if directory == state || reserved.dropLast().contains(where: directory.starts(with:)) {
            reader.reject(.thumbnailDirectory, "It must not be where the state directory \(state) keeps its own files.")
        }
    }
}
