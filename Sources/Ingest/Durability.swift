/// How much of a power cut an acknowledgement outlives.
package enum Durability: String, Sendable, CaseIterable {
    /// Everything: bytes, name and jobs are on stable storage before the answer.
    case full
    /// The order of writes is kept, the syncs are skipped: a crash of the daemon loses nothing, a power cut may.
    case relaxed
}
