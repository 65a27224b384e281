/// A structured field that is a dictionary (RFC 9651 section 3.2).
package struct StructuredDictionary: Hashable, Sendable {
    /// What a key stands for; parameters are dropped.
    package enum Member: Hashable, Sendable {
        case item(StructuredValue)
        case list([StructuredValue])

        /// The value, unless it is a list.
        package var value: StructuredValue? {
            if case .item(let value) = self { value } else { nil }
        }
    }

    /// Each key once, in the order in which it came first.
    package private(set) var keys: [String] = []
    private var members: [String: Member] = [:]

    package init() {}

    /// Reads a field.
    ///
    /// `text` is the value of the only field line, or those of all lines joined by `, `. Nil for what breaks the grammar
    /// anywhere; an empty text is an empty dictionary. Of a key that comes twice the later value counts.
    package init?(field text: String) {
        var parser = StructuredParser(text)
        guard let dictionary = try? parser.wholeDictionary() else { return nil }
        self = dictionary
    }

    package subscript(key: String) -> Member? {
        get { members[key] }
        set {
            if members.updateOrRemove(newValue, at: key) {
                if newValue == nil { keys.removeAll { $0 == key } }
            } else if newValue != nil {
                keys.append(key)
            }
        }
    }
}

extension Dictionary {
    /// Returns whether there was a value before.
    fileprivate mutating func updateOrRemove(_ value: Value?, at key: Key) -> Bool {
        if let value { updateValue(value, forKey: key) != nil } else { removeValue(forKey: key) != nil }
    }
}
