import Configuration
import Ingest

/// Reads values by key from the sources, the first that has one wins, and collects what is wrong with them.
struct SettingsReader {
    /// Times beyond it would not fit into those of the ledger.
    private static let longest = Duration.seconds(36_500 * 86_400)

    private let sources: [SettingsSource]
    private(set) var problems: [SettingsProblem] = []
    /// What was found, with a text or a list of texts each.
    private(set) var contents: [SettingKey: ConfigContent] = [:]
    private var origins: [SettingKey: SettingsProblem.Origin] = [:]

    init(sources: [SettingsSource]) {
        self.sources = sources
    }

    /// The value's text, or nil where no source has it.
    mutating func text(_ key: SettingKey) -> String? {
        value(of: key, type: .string) { content in
            guard case .string(let text) = content else { return nil }
            return text
        }
    }

    mutating func texts(_ key: SettingKey) -> [String]? {
        value(of: key, type: .stringArray) { content in
            guard case .stringArray(let texts) = content else { return nil }
            // A variable that is empty.
            return texts == [""] ? [] : texts
        }
    }

    /// The value made from the text by `parse`; a problem that says what was `expected` where that fails.
    mutating func value<Value>(_ key: SettingKey, expected: String, parse: (String) -> Value?) -> Value? {
        guard let text = text(key) else { return nil }
        guard let value = parse(text) else {
            reject(key, "“\(text)” is not \(expected).")
            return nil
        }
        return value
    }

    mutating func bytes(_ key: SettingKey) -> Int64? {
        value(key, expected: "a size such as 10GiB", parse: Quantity.bytes)
    }

    mutating func duration(_ key: SettingKey) -> Duration? {
        guard let time = value(key, expected: "a duration such as 90s", parse: Quantity.duration) else { return nil }
        guard time <= Self.longest else {
            reject(key, "It must be at most 36500d.")
            return nil
        }
        return time
    }

    mutating func count(_ key: SettingKey, atLeast minimum: Int, atMost maximum: Int = .max) -> Int? {
        let bounds = maximum == .max ? "at least \(minimum)" : "\(minimum) to \(maximum)"
        return value(key, expected: "a whole number of \(bounds)") { text in
            Int(text).flatMap { $0 >= minimum && $0 <= maximum ? $0 : nil }
        }
    }

    mutating func flag(_ key: SettingKey) -> Bool? {
        value(key, expected: "true or false") { text in
            switch text.lowercased() {
            case "true", "yes", "on", "1": true
            case "false", "no", "off", "0": false
            default: nil
            }
        }
    }

    mutating func choice<Choice: RawRepresentable<String> & CaseIterable>(_ key: SettingKey) -> Choice? {
        let names = Choice.allCases.map(\.rawValue).joined(separator: ", ")
        return value(key, expected: "one of \(names)") { Choice(rawValue: $0) }
    }

    mutating func reject(_ key: SettingKey, _ reason: String) {
        problems.append(SettingsProblem(origins[key], key: key.rawValue, reason: reason))
    }

    private mutating func value<Value>(
        of key: SettingKey,
        type: ConfigType,
        unwrap: (ConfigContent) -> Value?
    ) -> Value? {
        for source in sources {
            do {
                if let found = try source.snapshot.value(forKey: key.configKey, type: type).value {
                    origins[key] = source.origin(key)
                    contents[key] = found.content
                    return unwrap(found.content)
                }
            } catch {
                origins[key] = source.origin(key)
                reject(key, type == .stringArray ? "It takes a list." : "It takes a single value.")
                return nil
            }
        }
        return nil
    }
}
