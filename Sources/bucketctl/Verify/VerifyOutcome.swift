/// What `verify` found, by path.
struct VerifyOutcome: Encodable, Sendable {
    enum Finding: String, Sendable {
        case missing
        case extra
        case different
        case noDigest = "no-digest"
        case failed
    }

    private(set) var same = 0
    private(set) var missing: [String] = []
    private(set) var extra: [String] = []
    private(set) var different: [String] = []
    private(set) var noDigest: [String] = []
    /// Files that could not be read.
    private(set) var failed: [String] = []

    var isGood: Bool { missing.isEmpty && extra.isEmpty && different.isEmpty && failed.isEmpty }

    mutating func add(_ name: String, _ finding: Finding?) {
        switch finding {
        case nil: same += 1
        case .missing: missing.append(name)
        case .extra: extra.append(name)
        case .different: different.append(name)
        case .noDigest: noDigest.append(name)
        case .failed: failed.append(name)
        }
    }
}
