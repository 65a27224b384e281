import Threading

/// Counts what uploads have done so far, on whichever thread they do it.
final class PutProgress: Sendable {
    private struct Counts {
        /// Bytes by file, of those that are under way.
        var positions: [String: Int64] = [:]
        /// In the order in which they were begun.
        var names: [String] = []
        var endedBytes: Int64 = 0
        var ended = 0
    }

    private let counts = Locked(Counts())
    private let files: Int
    private let size: Int64

    init(files: Int, size: Int64) {
        self.files = files
        self.size = size
    }

    func moved(_ name: String, to position: Int64) {
        counts.withLock { counts in
            if counts.positions.updateValue(position, forKey: name) == nil { counts.names.append(name) }
        }
    }

    /// `size` bytes of it count as done from now on, whatever has become of it.
    func ended(_ name: String, size: Int64) {
        counts.withLock { counts in
            counts.positions[name] = nil
            counts.names.removeAll { $0 == name }
            counts.endedBytes += size
            counts.ended += 1
        }
    }

    var bytes: Int64 { counts.withLock { $0.endedBytes + $0.positions.values.reduce(0, +) } }

    func text(_ rate: RateMeter) -> ProgressText {
        let (bytes, ended, name) = counts.withLock { counts in
            (counts.endedBytes + counts.positions.values.reduce(0, +), counts.ended, counts.names.first ?? "")
        }
        return ProgressText(
            files: files,
            ended: ended,
            bytes: bytes,
            size: size,
            rate: rate.rate,
            secondsLeft: size > 0 ? rate.seconds(for: max(0, size - bytes)) : nil,
            name: name
        )
    }
}
