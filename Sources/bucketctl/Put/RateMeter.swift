/// Bytes a second, of late.
struct RateMeter: Sendable {
    private var last: (bytes: Int64, at: Double)?
    private(set) var rate: Double = 0

    /// After so many seconds the latest moment counts for two thirds.
    private static let memory = 3.0

    /// `bytes` moved in all at a time in seconds; times only grow.
    mutating func sample(_ bytes: Int64, at time: Double) {
        guard let last else {
            self.last = (bytes, time)
            return
        }
        let seconds = time - last.at
        guard seconds > 0.05 else { return }
        let current = Double(max(0, bytes - last.bytes)) / seconds
        let weight = min(1, seconds / Self.memory)
        rate = rate == 0 ? current : rate + (current - rate) * weight
        self.last = (bytes, time)
    }

    /// Seconds that so many bytes will take; nil if nobody knows.
    func seconds(for bytes: Int64) -> Int? {
        guard rate >= 1, bytes >= 0 else { return nil }
        let seconds = Double(bytes) / rate
        return seconds < 360_000 ? Int(seconds.rounded(.up)) : nil
    }
}
