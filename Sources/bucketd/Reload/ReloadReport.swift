import SystemPackage

/// How a reload has ended, for the command that asked for it: a file that the command makes, and the daemon writes to.
///
/// The daemon opens it when a reload begins. So one that had begun before, and may have read the old settings, answers
/// for no other.
struct ReloadReport: Sendable {
    static let applied = "applied"
    static let refused = "refused"

    private let file: FileDescriptor

    /// In the unit's own runtime directory (systemd.exec(5)), where nobody else can write; nil without one.
    static func path(_ environment: [String: String]) -> FilePath? {
        guard let directory = environment["RUNTIME_DIRECTORY"]?.split(separator: ":").first else { return nil }
        return FilePath(String(directory)).appending("reload")
    }

    /// Nil if nobody waits for a report.
    init?(at path: FilePath) {
        do {
            file = try .open(path, .writeOnly, options: [.noFollow, .closeOnExec])
        } catch {
            return nil
        }
    }

    /// To be called once, as the last.
    ///
    /// `problems` are those that kept the old settings; nil: there is none.
    func end(_ problems: [String]?) throws {
        // What begins with a blank is not the last line.
        let lines = (problems ?? []).map { " " + $0.map { $0.isNewline ? " " : String($0) }.joined() }
        let text = (lines + [problems == nil ? Self.applied : Self.refused]).joined(separator: "\n") + "\n"
        _ = try file.closeAfter { try file.writeAll(text.utf8) }
    }

    /// The problems that a report tells, none if the settings were taken over; nil: it is not there yet.
    static func problems(in text: String) -> [String]? {
        let lines = text.split(separator: "\n")
        guard text.hasSuffix("\n"), let last = lines.last, last == applied || last == refused else { return nil }
        let problems = lines.dropLast().map { String($0.dropFirst()) }
        return last == refused && problems.isEmpty ? ["The settings were refused."] : problems
    }
}
