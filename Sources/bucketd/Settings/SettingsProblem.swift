import SystemPackage

/// One thing that is wrong with the settings.
struct SettingsProblem: Equatable, CustomStringConvertible {
    /// Where a value comes from.
    enum Origin: Hashable, Sendable, CustomStringConvertible {
        case flag(String)
        case variable(String)
        /// A line of the settings file, from 1 on; nil for the file as a whole.
        case file(FilePath, line: Int?)

        var description: String {
            switch self {
            case .flag(let name), .variable(let name): name
            case .file(let path, let line): line.map { "\(path):\($0)" } ?? "\(path)"
            }
        }
    }

    /// Nil for a default, or a system that does not fit.
    var origin: Origin?
    /// The dotted key, `limits.maxUploadSize` for instance; nil where no key is what is wrong.
    var key: String?
    /// One sentence.
    var reason: String

    init(_ origin: Origin? = nil, key: String?, reason: String) {
        self.origin = origin
        self.key = key
        self.reason = reason
    }

    var description: String {
        [origin?.description, key, reason].compactMap(\.self).joined(separator: ": ")
    }
}

/// All that is wrong with the settings, so that an operator mends it in one go.
struct SettingsError: Error, CustomStringConvertible {
    /// Those of the file in the order of its lines, then the others.
    var problems: [SettingsProblem]

    init(problems: [SettingsProblem]) {
        func line(_ problem: SettingsProblem) -> Int {
            guard case .file(_, let line)? = problem.origin else { return .max }
            return line ?? 0
        }
        // `sort` promises no order of equals.
        self.problems = problems.enumerated().sorted {
            (line($0.element), $0.offset) < (line($1.element), $1.offset)
        }.map(\.element)
    }

    var description: String { problems.map(\.description).joined(separator: "\n") }
}
