import Configuration
import SystemPackage
import Yams

/// The YAML file, and what the configuration library does not tell of it: keys nobody asks for, and keys given twice.
enum SettingsFile {
    private static let maxBytes = 1 << 20

    /// The file's text.
    ///
    /// A FIFO or a device does not hang the start, a huge file does not fill the memory.
    static func read(_ path: FilePath) throws(SettingsError) -> String {
        func problem(_ reason: String) -> SettingsError {
            SettingsError(problems: [SettingsProblem(key: path.string, reason: reason)])
        }
        do {
            let file = try FileDescriptor.open(path, .readOnly, options: [.nonBlocking, .closeOnExec])
            return try file.closeAfter {
                var bytes = [UInt8](repeating: 0, count: maxBytes + 1)
                var end = 0
                while end < bytes.count {
                    let count = try bytes.withUnsafeMutableBytes { buffer in
                        try file.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[end...]))
                    }
                    if count == 0 { break }
                    end += count
                }
                guard end <= maxBytes else { throw problem("The file is larger than 1 MiB.") }
                guard let text = String(validating: bytes[..<end], as: UTF8.self), !text.utf8.contains(0) else {
                    throw problem("The file is not UTF-8 text.")
                }
                return text
            }
        } catch let error as SettingsError {
            throw error
        } catch {
            throw problem("It cannot be read: \(error).")
        }
    }

    /// The values of a file without problems; nil if it holds none.
    static func snapshot(of yaml: String, named name: String) throws(SettingsError) -> (any ConfigSnapshot)? {
        do {
            guard try compose(yaml: yaml) != nil else { return nil }
            return try YAMLSnapshot(data: yaml.utf8Span.span.bytes, providerName: name, parsingOptions: .default)
        } catch {
            throw SettingsError(problems: [SettingsProblem(key: name, reason: firstLine(of: "\(error)"))])
        }
    }

    /// Problems with the keys of a file, each with its line.
    static func problems(in yaml: String) -> [SettingsProblem] {
        let root: Node?
        do {
            root = try compose(yaml: yaml)
        } catch {
            return [SettingsProblem(key: "YAML", reason: firstLine(of: "\(error)"))]
        }
        guard let root else { return [] }
        guard case .mapping(let mapping) = root else {
            return [SettingsProblem(key: "YAML", reason: "The file must be a mapping of keys to values.")]
        }
        return problems(in: mapping, below: [])
    }

    private static func problems(in mapping: Node.Mapping, below parents: [String]) -> [SettingsProblem] {
        mapping.flatMap { key, value -> [SettingsProblem] in
            let path = parents + [key.string ?? "?"]
            let name = path.joined(separator: ".")
            let line = key.mark.map { "line \($0.line)" } ?? "the file"
            if SettingKey(rawValue: name) != nil {
                guard case .mapping = value else { return [] }
                return [SettingsProblem(key: name, reason: "It takes a value, not keys of its own (\(line)).")]
            }
            guard SettingKey.allCases.contains(where: { $0.components.starts(with: path) }) else {
                return [SettingsProblem(key: name, reason: "There is no such key (\(line)).")]
            }
            // A heading whose keys are all commented out.
            if case .scalar(let scalar) = value, scalar.string.isEmpty {
                return []
            }
            guard case .mapping(let inner) = value else {
                return [SettingsProblem(key: name, reason: "It takes keys, not a value (\(line)).")]
            }
            return problems(in: inner, below: path)
        }
    }

    private static func firstLine(of text: String) -> String {
        String(text.prefix { $0 != "\n" })
    }
}
