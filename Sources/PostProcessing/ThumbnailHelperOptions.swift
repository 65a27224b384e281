package import SystemPackage
import ThumbnailWire

/// How images are decoded.
package struct ThumbnailHelperOptions: Sendable {
    /// The `bucketd-thumbnail` program; an absolute path.
    package var path: FilePath
    /// How many images are decoded at the same time, each by a helper of its own.
    package var workers: Int
    /// Address space of one decoding process, in bytes.
    package var memory: UInt64 = 1 << 30
    /// Wall time of one decoding.
    package var deadline: Duration = .seconds(30)
    /// What a helper has beyond the deadline to say that it passed; then the helper itself is killed.
    package var grace: Duration = .seconds(5)
    /// What a helper has to start.
    package var startDeadline: Duration = .seconds(20)
    package var maxSourceSize: UInt64 = 512 << 20
    /// 1 to 100; nil is the format's own default.
    package var quality: UInt8?
    /// After so many images a helper is replaced, so that no library's leak grows for ever.
    package var imagesPerHelper = 1000
    /// Refuse to decode where the kernel offers no system call filter.
    package var requiresSandbox = true

    package init(path: FilePath, workers: Int) {
        precondition(workers > 0)
        self.path = path
        self.workers = workers
    }

    func limits(maxPixels: UInt64) -> DecodeLimits {
        DecodeLimits(
            pixels: max(1, maxPixels),
            sourceSize: max(1, maxSourceSize),
            memory: max(1, memory),
            milliseconds: UInt32(clamping: deadline.milliseconds.clamped(to: 1...Int64(Int32.max) / 2))
        )
    }
}

extension Duration {
    /// Whole milliseconds, rounded down.
    var milliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}

extension Int64 {
    fileprivate func clamped(to range: ClosedRange<Int64>) -> Int64 {
        Swift.min(Swift.max(self, range.lowerBound), range.upperBound)
    }
}
