/// How many bytes must have arrived before the library is woken for more of a body (SO_RCVLOWAT, socket(7)): a pure
/// state machine.
///
/// A body that trickles in would cost a turn through all threads for every packet. The kernel holds it back until it is
/// worth one, but never its end, which nothing follows. A body that comes in larger pieces is left alone, also from the
/// moment it begins to.
struct ReceiveWatermark: Sendable {
    /// Bytes; with the header section in front of them they fit the first page of the library's buffer.
    static let raised = 3 << 10
    /// A piece of so many bytes is no trickle's.
    private static let ample = 64 << 10

    private(set) var isRaised = false
    private var isAllowed = true

    /// The library has shown `count` bytes, and `missing` bytes of the body are still with the kernel or the peer.
    ///
    /// Returns the mark to set, if it is to change.
    mutating func moved(_ count: Int, missing: Int64) -> Int? {
        let isTrickle = count < (isRaised ? Self.ample : Self.raised)
        let raises = missing >= Self.raised && isAllowed && isTrickle
        guard raises != isRaised else { return nil }
        isRaised = raises
        return raises ? Self.raised : 1
    }

    /// What has arrived is wanted at once from now on.
    ///
    /// Returns the mark to set, if it is to change.
    mutating func lower() -> Int? {
        isAllowed = false
        defer { isRaised = false }
        return isRaised ? 1 : nil
    }
}
