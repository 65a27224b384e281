import IngestTesting

/// An instant at which the power goes, and what the disk's volatile cache has written by then.
struct PowerCut: CustomStringConvertible {
    enum Cache: CaseIterable {
        /// Nothing since the last flush.
        case lost
        /// Some of it, in any order: whatever chance says of each write.
        case partlyWritten
        /// All of it, but only half of the last write's sectors.
        case torn
    }

    /// A position of the log.
    let position: Int64
    let cache: Cache
    /// Of the chance.
    let seed: UInt64

    var description: String { "cut at \(position), cache \(cache), seed \(seed)" }

    /// What is on the disk afterwards, of writes after the last flush in their order.
    func fates(of writes: [WriteLog.Record]) -> [(record: WriteLog.Record, fate: WriteLog.Fate)] {
        var chance = SeededGenerator(seed: seed)
        return writes.enumerated().map { number, record in
            switch cache {
            case .lost: (record, .lost)
            case .partlyWritten: (record, Bool.random(using: &chance) ? .kept : .lost)
            case .torn: (record, number == writes.count - 1 ? .torn : .kept)
            }
        }
    }
}
