/// A part of the daemon that can hang by itself.
package struct WatchedPart: Sendable {
    /// Names it in the log; each part has its own.
    package let name: String
    /// Returns once the part has done a piece of work that was given to it now, and whatever came of that; must not
    /// return while the part hangs.
    package let answer: @Sendable () async -> Void

    package init(_ name: String, answer: @escaping @Sendable () async -> Void) {
        self.name = name
        self.answer = answer
    }
}
