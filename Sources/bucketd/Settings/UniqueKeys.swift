import Yams

/// A YAML document, in which keys that are given twice have other names, all but the last of them.
///
/// The parser gives up at such a key; but whoever mends the file wants to hear of everything at once.
struct UniqueKeys {
    private static let limit = 100

    /// Nil for an empty document.
    let root: Node?
    let yaml: String
    /// What the keys are called in the file that have another name here.
    private let names: [String: String]

    /// Throws `YamlError`.
    init(_ original: String) throws {
        var yaml = original
        var names: [String: String] = [:]
        while true {
            do {
                root = try compose(yaml: yaml)
                break
            } catch YamlError.duplicatedKeysInMapping(let duplicates, let context) where names.count < Self.limit {
                let replacement = "repeated-key-\(names.count)"
                guard let name = duplicates.first,
                    let changed = Self.replacing(name, with: replacement, at: context.mark, in: yaml)
                else { throw YamlError.duplicatedKeysInMapping(duplicates: duplicates, context: context) }
                names[replacement] = name
                yaml = changed
            }
        }
        self.yaml = yaml
        self.names = names
    }

    /// What the file calls a key.
    func name(of key: String) -> String { names[key] ?? key }

    /// Whether the same key comes once more, further down.
    func isRepeated(_ key: String) -> Bool { names[key] != nil }

    /// Nil if the name is not there, as where it is written with escapes.
    private static func replacing(_ name: String, with other: String, at mark: Mark, in yaml: String) -> String? {
        var lines = yaml.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard lines.indices.contains(mark.line - 1), mark.column > 0 else { return nil }
        let line = lines[mark.line - 1].unicodeScalars
        let before = line.prefix(mark.column - 1)
        let rest = line.dropFirst(mark.column - 1)
        guard let spelling = [name, "\"\(name)\"", "'\(name)'"].first(where: { rest.starts(with: $0.unicodeScalars) })
        else { return nil }
        lines[mark.line - 1] = String(before) + other + String(rest.dropFirst(spelling.unicodeScalars.count))
        return lines.joined(separator: "\n")
    }
}
