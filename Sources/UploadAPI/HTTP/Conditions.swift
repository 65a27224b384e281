import HTTPTypes

/// The preconditions of a request (RFC 9110 section 13.1).
struct Conditions: Sendable {
    var ifMatch: EntityTagList?
    var ifNoneMatch: EntityTagList?
    var ifModifiedSince: HTTPDate?
    var ifUnmodifiedSince: HTTPDate?

    init(_ fields: HTTPFields) {
        ifMatch = fields[.ifMatch].map(EntityTagList.init)
        ifNoneMatch = fields[.ifNoneMatch].map(EntityTagList.init)
        ifModifiedSince = fields[.ifModifiedSince].flatMap(HTTPDate.init)
        ifUnmodifiedSince = fields[.ifUnmodifiedSince].flatMap(HTTPDate.init)
    }

    var isEmpty: Bool {
        ifMatch == nil && ifNoneMatch == nil && ifModifiedSince == nil && ifUnmodifiedSince == nil
    }

    /// Evaluates them in the order of section 13.2.2; `current` is nil where there is no representation.
    func outcome(for current: Validators?, isReading: Bool) -> ConditionOutcome {
        if let ifMatch {
            guard Self.matches(ifMatch, current, by: EntityTag.matchesStrongly) else { return .failed }
        } else if let ifUnmodifiedSince, let current, current.modified > ifUnmodifiedSince {
            return .failed
        }
        if let ifNoneMatch {
            if Self.matches(ifNoneMatch, current, by: EntityTag.matchesWeakly) {
                return isReading ? .notModified : .failed
            }
        } else if isReading, let ifModifiedSince, let current, current.modified <= ifModifiedSince {
            return .notModified
        }
        return .proceed
    }

    private static func matches(
        _ list: EntityTagList,
        _ current: Validators?,
        by matches: (EntityTag) -> (EntityTag) -> Bool
    ) -> Bool {
        guard let current else { return false }
        switch list {
        case .any: return true
        case .tags(let tags): return tags.contains { matches($0)(current.tag) }
        }
    }

    /// Whether `Range` counts (section 13.1.5): always, unless `If-Range` names another representation.
    ///
    /// A date is no strong validator of a file that others may have changed within its second, so it counts only beside a
    /// strong tag.
    static func rangeApplies(_ ifRange: String?, to current: Validators) -> Bool {
        guard let ifRange else { return true }
        if case .tags(let tags) = EntityTagList(ifRange), let tag = tags.first {
            return tag.matchesStrongly(current.tag)
        }
        return HTTPDate(ifRange) == current.modified && !current.tag.isWeak
    }
}
