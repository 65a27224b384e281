import Logging

/// One log event as an object of JSON: one line of printable characters, with texts as values, bounded as in `LogLine`.
///
/// The keys are `time`, `level`, `message` and those of the metadata as they are (`upload.id`); metadata that is called
/// as one of the three gets `metadata.` before its name.
struct JSONLogLine {
    private static let reserved: Set<String> = ["time", "level", "message"]
    private static let keyLimit = 64

    private var members = ""
    /// Without a newline.
    var text: String { "{\(members)}" }

    init(time: String, level: Logger.Level, message: String) {
        appendMember("time", time, limit: LogLine.valueLimit)
        appendMember("level", level.rawValue, limit: LogLine.valueLimit)
        appendMember("message", message, limit: LogLine.messageLimit)
    }

    /// Appends every pair, in the keys' order.
    mutating func append(_ metadata: Logger.Metadata) {
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            append(key: key, value: value.description)
        }
    }

    mutating func append(key: String, value: String) {
        appendMember(Self.reserved.contains(key) ? "metadata.\(key)" : key, value, limit: LogLine.valueLimit)
    }

    private mutating func appendMember(_ key: String, _ value: String, limit: Int) {
        if !members.isEmpty { members += "," }
        appendString(key, limit: Self.keyLimit)
        members += ":"
        appendString(value, limit: limit)
    }

    private mutating func appendString(_ source: String, limit: Int) {
        members += "\""
        defer { members += "\"" }
        guard source.utf8.count > limit || !source.utf8.allSatisfy(\.isPlainText) else {
            members += source
            return
        }
        var taken = 0
        for scalar in source.unicodeScalars {
            taken += UTF8.width(scalar)
            guard taken <= limit else {
                members += "…"
                break
            }
            switch scalar {
            case "\"": members += "\\\""
            case "\\": members += "\\\\"
            case _ where scalar.isPrintable: members.unicodeScalars.append(scalar)
            default:
                // RFC 8259 section 7: what is beyond the basic plane takes two.
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16)
                    members += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                }
            }
        }
    }
}
