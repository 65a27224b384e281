import Threading

/// Whether another request wants the upload that this one has.
final class Interruption: Sendable {
    private let hasCome = Locked(false)
    private let alsoTold: @Sendable () -> Void

    /// `alsoTold` is called each time that one comes.
    init(_ alsoTold: @escaping @Sendable () -> Void) {
        self.alsoTold = alsoTold
    }

    func come() {
        hasCome.withLock { $0 = true }
        alsoTold()
    }

    /// Throws `.superseded` once one has come.
    func check() throws(IngestError) {
        guard !hasCome.withLock({ $0 }) else {
            throw IngestError(.superseded, "Another request for the upload ended this one.")
        }
    }
}
