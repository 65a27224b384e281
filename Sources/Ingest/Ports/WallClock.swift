/// The time of day; a port so that tests can set it.
package protocol WallClock: Sendable {
    func now() -> Timestamp
}
