extension SettingKey {
    /// The key that somebody may have meant; nil if none is near.
    static func nearest(to name: String) -> SettingKey? {
        if let misplaced = allCases.first(where: { $0.components.last?.lowercased() == last(of: name) }) {
            return misplaced
        }
        return nearest(name) { $0.rawValue }
    }

    /// As `nearest(to:)`, for a name in the environment.
    static func nearest(toVariable name: String) -> SettingKey? {
        nearest(name) { $0.environmentName }
    }

    private static func last(of name: String) -> String? {
        name.split(separator: ".").last?.lowercased()
    }

    private static func nearest(_ name: String, _ spelling: (SettingKey) -> String) -> SettingKey? {
        let name = Array(name.lowercased().utf8)
        guard name.count <= 80 else { return nil }
        let near = allCases.map { ($0, distance(name, Array(spelling($0).lowercased().utf8))) }
        guard let best = near.min(by: { $0.1 < $1.1 }), best.1 <= max(2, name.count / 4) else { return nil }
        return best.0
    }

    /// Bytes to be put in, taken out or changed to make one of the other (Levenshtein's distance).
    private static func distance(_ one: [UInt8], _ other: [UInt8]) -> Int {
        var row = Array(0...other.count)
        for (line, byte) in one.enumerated() {
            var diagonal = row[0]
            row[0] = line + 1
            for (column, otherByte) in other.enumerated() {
                let cost = min(row[column + 1] + 1, row[column] + 1, diagonal + (byte == otherByte ? 0 : 1))
                diagonal = row[column + 1]
                row[column + 1] = cost
            }
        }
        return row[other.count]
    }
}
