/// What a representation can be recognised by.
struct Validators: Hashable, Sendable {
    var tag: EntityTag
    var modified: HTTPDate
}

/// What the conditions of a request say of its target.
enum ConditionOutcome: Hashable, Sendable {
    case proceed
    /// 304
    case notModified
    /// 412
    case failed
}
