import Configuration
import SystemPackage
import Yams

/// The YAML file, and what the configuration library does not tell of it: lines, keys nobody asks for, keys given twice.
struct SettingsFile {
    private let path: FilePath
    private var lines: [SettingKey: Int] = [:]
    private var contents: [SettingKey: ConfigContent] = [:]
    private var snapshot: (any ConfigSnapshot)?
    /// Of the file's shape and keys; its values are judged by who reads them.
    private(set) var problems: [SettingsProblem] = []

    /// Throws for a file that cannot be read.
    init(_ path: FilePath) throws(SettingsError) {
        try self.init(Self.read(path), path)
    }

    init(_ text: String, _ path: FilePath) {
        self.path = path
        do {
            let document = try UniqueKeys(text)
            guard let root = document.root else { return }
            guard case .mapping(let mapping) = root else {
                problems = [problem("The file must be a mapping of keys to values.", at: root)]
                return
            }
            examine(mapping, below: [], of: document)
            let bytes = document.yaml.utf8Span.span.bytes
            // What has no shape of a value, or is there twice, would be read otherwise, or not at all.
            guard problems.isEmpty else { return }
            snapshot = try? YAMLSnapshot(data: bytes, providerName: path.string, parsingOptions: .default)
        } catch let error as YamlError {
            problems = [SettingsProblem(.file(path, line: error.line), key: nil, reason: error.sentence)]
        } catch {
            problems = [SettingsProblem(.file(path, line: nil), key: nil, reason: "\(error)")]
        }
    }

    /// The values, as far as they have the shape of values.
    var source: SettingsSource {
        let origin = { [path, lines] (key: SettingKey) -> SettingsProblem.Origin? in .file(path, line: lines[key]) }
        guard let snapshot else { return SettingsSource(path.string, contents, origin: origin) }
        return SettingsSource(snapshot, origin: origin)
    }

    private func problem(_ reason: String, of name: String? = nil, at node: Node?) -> SettingsProblem {
        SettingsProblem(.file(path, line: node?.mark?.line), key: name, reason: reason)
    }

    private mutating func examine(_ mapping: Node.Mapping, below parents: [String], of document: UniqueKeys) {
        var places: [String: [Int]] = [:]
        for (key, value) in mapping {
            guard let text = key.string else {
                problems.append(problem("A key must be a text.", at: key))
                continue
            }
            let path = parents + [document.name(of: text)]
            let name = path.joined(separator: ".")
            places[name, default: []].append(key.mark?.line ?? 0)
            if let setting = SettingKey(rawValue: name) {
                guard !document.isRepeated(text) else { continue }
                take(value, for: setting, at: key)
            } else if SettingKey.allCases.contains(where: { $0.components.starts(with: path) }) {
                examine(heading: value, path, at: key, of: document)
            } else {
                let hint = SettingKey.nearest(to: name).map { "; did you mean \($0.rawValue)?" } ?? "."
                problems.append(problem("There is no such key\(hint)", of: name, at: key))
            }
        }
        for (name, lines) in places where lines.count > 1 {
            let list = lines.sorted().map(String.init).joined(separator: " and ")
            let origin = SettingsProblem.Origin.file(path, line: lines.max())
            problems.append(SettingsProblem(origin, key: name, reason: "It is given more than once, in lines \(list)."))
        }
    }

    private mutating func examine(heading value: Node, _ path: [String], at key: Node, of document: UniqueKeys) {
        switch value {
        case .mapping(let inner):
            examine(inner, below: path, of: document)
        // A heading whose keys are all commented out.
        case .scalar(let scalar) where scalar.isNothing:
            return
        default:
            problems.append(problem("It takes keys, not a value.", of: path.joined(separator: "."), at: key))
        }
    }

    private mutating func take(_ value: Node, for setting: SettingKey, at key: Node) {
        lines[setting] = key.mark?.line
        switch value {
        case .scalar(let scalar) where scalar.isNothing:
            problems.append(problem("It has no value.", of: setting.rawValue, at: key))
        case .scalar(let scalar):
            contents[setting] = .string(scalar.string)
        case .sequence(let sequence):
            let texts = sequence.map { item -> String? in
                guard case .scalar(let scalar) = item, !scalar.isNothing else { return nil }
                return scalar.string
            }
            guard !texts.contains(nil) else {
                problems.append(problem("The items of its list must be single values.", of: setting.rawValue, at: key))
                return
            }
            contents[setting] = .stringArray(texts.compactMap(\.self))
        case .mapping, .alias:
            problems.append(problem("It takes a value, not keys of its own.", of: setting.rawValue, at: key))
        }
    }
}

extension Node.Scalar {
    /// Whether the file has nothing there, or says so (`~`, `null`).
    fileprivate var isNothing: Bool {
        (style == .plain || style == .any) && ["", "~", "null", "Null", "NULL"].contains(string)
    }
}

extension YamlError {
    /// Where the parser gave up.
    fileprivate var line: Int? {
        switch self {
        case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _): mark.line
        case .duplicatedKeysInMapping(_, let context): context.mark.line
        default: nil
        }
    }

    fileprivate var sentence: String {
        switch self {
        case .scanner(let context, let problem, _, _), .parser(let context, let problem, _, _),
            .composer(let context, let problem, _, _):
            "It is not YAML: \(context.map { "\($0.text), " } ?? "")\(problem)."
        case .reader(let problem, _, _, _): "It is not YAML: \(problem)."
        case .duplicatedKeysInMapping(let names, _): "Keys are given more than once: \(names.joined(separator: ", "))."
        default: "It is not YAML."
        }
    }
}
