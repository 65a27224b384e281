import Configuration
import Ingest

/// Reads values by key from the sources, the first that has one wins, and collects what is wrong with them.
struct SettingsReader {
    private let sources: [any ConfigSnapshot]
    private(set) var problems: [SettingsProblem] = []

    init(sources: [any ConfigSnapshot]) {
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
            return texts
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
        value(key, expected: "a duration such as 90s", parse: Quantity.duration)
    }

    mutating func count(_ key: SettingKey, atLeast minimum: Int) -> Int? {
        value(key, expected: "a whole number of at least \(minimum)") { text in
            Int(text).flatMap { $0 >= minimum ? $0 : nil }
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
        problems.append(SettingsProblem(key: key.rawValue, reason: reason))
    }

    private mutating func value<Value>(
        of key: SettingKey,
        type: ConfigType,
        unwrap: (ConfigContent) -> Value?
    ) -> Value? {
        for source in sources {
            do {
                if let found = try source.value(forKey: key.configKey, type: type).value {
                    return unwrap(found.content)
                }
            } catch {
                reject(key, type == .stringArray ? "It takes a list." : "It takes a single value.")
                return nil
            }
        }
        return nil
    }
}
