/// What a `Prefer` field asks for (RFC 7240).
struct Preferences: Hashable, Sendable {
    /// `wait=N`: seconds the client is willing to wait for, bounded by `longestWait`.
    var wait: Int?

    /// Seconds; proxies give up on silent connections at 60 as a rule.
    static let longestWait = 60

    init(_ field: String?) {
        let wanted = field.map(FieldMember.list)?.first { $0.name == "wait" }?.value.flatMap(Int.init)
        wait = wanted.flatMap { $0 < 0 ? nil : min($0, Self.longestWait) }
    }
}
