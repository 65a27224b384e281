/// Names and label values as the text format allows them.
enum MetricLabels {
    /// The most bytes of a label value that are kept.
    static let valueLimit = 128

    /// A metric's name: what is not allowed becomes `_`, so `upload.bytes` is `upload_bytes`.
    static func metricName(_ name: String) -> String {
        sanitized(name, allowingColon: true)
    }

    /// The list between the braces, in the names' order, so that equal sets are equal strings.
    ///
    /// `le` belongs to histograms and names that begin with `__` to Prometheus itself; both get out of the way.
    static func rendered(_ dimensions: [(String, String)]) -> String {
        var values: [String: String] = [:]
        for (name, value) in dimensions {
            var name = sanitized(name, allowingColon: false)
            if name == "le" || name.hasPrefix("__") { name = "label_" + name }
            values[name] = escaped(value)
        }
        return values.sorted { $0.key < $1.key }.map { "\($0.key)=\"\($0.value)\"" }.joined(separator: ",")
    }

    static func escapedHelp(_ text: String) -> String {
        replaced(text, quotes: false)
    }

    private static func escaped(_ value: String) -> String {
        var size = 0
        let kept = value.unicodeScalars.prefix { scalar in
            size += UTF8.width(scalar)
            return size <= valueLimit
        }
        return replaced(String(String.UnicodeScalarView(kept)), quotes: true)
    }

    private static func replaced(_ text: String, quotes: Bool) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func sanitized(_ name: String, allowingColon: Bool) -> String {
        var result = ""
        for scalar in name.unicodeScalars {
            let isLetter = ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || scalar == "_"
            let isDigit = ("0"..."9").contains(scalar)
            if isDigit && result.isEmpty { result = "_" }
            result.unicodeScalars.append(isLetter || isDigit || (allowingColon && scalar == ":") ? scalar : "_")
        }
        return result.isEmpty ? "_" : result
    }
}
