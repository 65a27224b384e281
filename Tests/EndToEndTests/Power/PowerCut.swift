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
        var chance = Chance(seed: seed)
        return writes.enumerated().map { number, record in
            switch cache {
            case .lost: (record, .lost)
            case .partlyWritten: (record, Bool.random(using: &chance) ? .kept : .lost)
            case .torn: (record, number == writes.count - 1 ? .torn : .kept)
            }
        }
    }
}

/// Numbers that a seed repeats (SplitMix64).
struct Chance: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
