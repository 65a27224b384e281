extension SystemCheck {
    /// One thing that was looked at, and how it is.
    struct Finding: Sendable, Equatable, CustomStringConvertible {
        enum Level: String, Sendable {
            case ok
            case warning
            case problem
        }

        var level: Level
        /// What was looked at, in a word.
        var topic: String
        /// How it is; for anything but `ok` also what follows.
        var text: String

        static func ok(_ topic: String, _ text: String) -> Self { Self(level: .ok, topic: topic, text: text) }
        static func warning(_ topic: String, _ text: String) -> Self { Self(level: .warning, topic: topic, text: text) }
        static func problem(_ topic: String, _ text: String) -> Self { Self(level: .problem, topic: topic, text: text) }

        var description: String { Self.line(level.rawValue, topic, text) }

        /// In columns, one line whatever the parts hold.
        static func line(_ first: String, _ second: String, _ rest: String) -> String {
            func padded(_ text: String, _ width: Int) -> String {
                text + String(repeating: " ", count: max(1, width - text.utf8.count))
            }
            let text = String(rest.map { $0.isNewline ? " " : $0 })
            return padded(first, 9) + padded(second, 13) + text
        }
    }
}

extension [SystemCheck.Finding] {
    /// What all of them come to, as the last line.
    var verdict: String {
        let (problems, warnings) = (count { $0.level == .problem }, count { $0.level == .warning })
        func many(_ count: Int, _ what: String) -> String { "\(count) \(what)\(count == 1 ? "" : "s")" }
        let text =
            switch (problems, warnings) {
            case (0, 0): "bucketd can run with these settings"
            case (0, _): "bucketd can run with these settings, with \(many(warnings, "warning"))"
            default: "bucketd cannot run like this: \(many(problems, "problem")), \(many(warnings, "warning"))"
            }
        return SystemCheck.Finding.line("verdict", problems == 0 ? "ok" : "problem", text)
    }
}
