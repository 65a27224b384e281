/// How many jobs may be claimed.
package struct JobCapacity: Sendable, Equatable {
    /// In the order in which they are served where `total` is too little for all.
    package var kinds: [JobKind]
    /// The most of each kind.
    package var limits: [JobKind: Int]
    /// The most of all kinds together.
    package var total: Int

    package init(kinds: [JobKind], limits: [JobKind: Int], total: Int) {
        self.kinds = kinds
        self.limits = limits
        self.total = total
    }

    package var isEmpty: Bool { total <= 0 || limits.allSatisfy { $0.value <= 0 } }

    /// Divides `total` among the kinds that can be `served`: equally first, what is left in order.
    ///
    /// `take` takes at most the number given of a kind, and returns how many it took.
    package func divide(among served: Set<JobKind>, _ take: (JobKind, Int) throws -> Int) rethrows {
        let kinds = kinds.filter { served.contains($0) }
        guard !kinds.isEmpty else { return }
        var left = total
        var limits = limits
        for share in [max(1, total / kinds.count), total] {
            for kind in kinds {
                let wanted = min(share, left, limits[kind] ?? 0)
                guard wanted > 0 else { continue }
                let taken = try take(kind, wanted)
                left -= taken
                // There is no more of a kind that gave less.
                limits[kind] = taken < wanted ? 0 : (limits[kind] ?? 0) - taken
            }
        }
    }
}

extension JobCapacity: ExpressibleByDictionaryLiteral {
    /// By name, and all of each kind.
    package init(_ limits: [JobKind: Int]) {
        self.init(
            kinds: limits.keys.sorted { $0.rawValue < $1.rawValue },
            limits: limits,
            total: limits.values.reduce(0, +)
        )
    }

    package init(dictionaryLiteral elements: (JobKind, Int)...) {
        self.init(Dictionary(uniqueKeysWithValues: elements))
    }
}
