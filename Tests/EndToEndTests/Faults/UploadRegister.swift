import Threading

/// What the clients of a test have sent and what was acknowledged, by name.
final class UploadRegister: Sendable {
    struct Entry {
        /// The content of the last acknowledged upload of the name, nil if none was.
        var acknowledged: Content?
        /// Contents sent since then without an answer: each may be there whole, or not.
        var unanswered: Set<Content> = []

        /// Whether a bucket with this file, or without one, keeps every promise.
        func allows(_ found: Content?) -> Bool {
            guard let found else { return acknowledged == nil }
            return found == acknowledged || unanswered.contains(found)
        }
    }

    private let entries = Locked<[String: Entry]>([:])

    var names: [String] { entries.withLock { Array($0.keys) } }
    var acknowledgedCount: Int { entries.withLock { $0.values.count { $0.acknowledged != nil } } }

    subscript(name: String) -> Entry? { entries.withLock { $0[name] } }

    func sending(_ uploads: [String: Content]) {
        entries.withLock { entries in
            for (name, content) in uploads {
                entries[name, default: Entry()].unanswered.insert(content)
            }
        }
    }

    /// The uploads were answered with a 2xx.
    func acknowledge(_ uploads: [String: Content]) {
        entries.withLock { entries in
            for (name, content) in uploads {
                entries[name] = Entry(acknowledged: content)
            }
        }
    }

    /// The uploads were answered with a refusal: nothing of them may be seen.
    func refuse(_ uploads: [String: Content]) {
        entries.withLock { entries in
            for (name, content) in uploads {
                entries[name]?.unanswered.remove(content)
            }
        }
    }
}
