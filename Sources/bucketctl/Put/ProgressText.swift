/// One line on how far uploads are.
struct ProgressText: Sendable {
    var files: Int
    /// Files that are stored, or have failed.
    var ended: Int
    var bytes: Int64
    /// Of all files; 0: not known.
    var size: Int64
    /// Bytes a second.
    var rate: Double
    var secondsLeft: Int?
    /// A file that is being sent.
    var name: String

    private static let widestBar = 30

    /// Fits into a line of `width` columns: what matters least goes first.
    func text(width: Int) -> String {
        let percent = size > 0 ? Int(min(bytes, size) * 100 / size) : 0
        let amount = size > 0 ? "\(ByteCount.text(bytes)) of \(ByteCount.text(size))" : ByteCount.text(bytes)
        var words = [amount]
        if files > 1 { words.append("\(ended)/\(files) files") }
        if rate >= 1 { words.append("\(ByteCount.text(Int64(rate)))/s") }
        if let secondsLeft { words.append(Self.clock(secondsLeft)) }
        // The last column stays free: some terminals begin a new line with it.
        let room = max(0, width - 1)
        var line = size > 0 ? Self.padded("\(percent)%", to: 4) : ""
        for word in words where line.count + 2 + word.count <= room {
            line += (line.isEmpty ? "" : "  ") + word
        }
        if size > 0, room - line.count >= 12 {
            let bar = min(Self.widestBar, room - line.count - 3)
            let filled = bar * percent / 100
            line = "[\(String(repeating: "#", count: filled))\(String(repeating: ".", count: bar - filled))] \(line)"
        }
        let name = "\(VisibleText(name))"
        if room - line.count >= 14, !name.isEmpty {
            line += "  " + Self.end(of: name, columns: room - line.count - 2)
        }
        return String(line.prefix(room))
    }

    /// `1:02:03`, `2:03`.
    static func clock(_ seconds: Int) -> String {
        let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60)
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return hours > 0 ? "\(hours):\(two(minutes)):\(two(rest))" : "\(minutes):\(two(rest))"
    }

    /// The end of a name tells more than its beginning.
    ///
    /// Characters beyond ASCII may take two columns.
    private static func end(of name: String, columns: Int) -> String {
        func width(_ character: Character) -> Int { character.isASCII ? 1 : 2 }
        guard name.reduce(0, { $0 + width($1) }) > columns else { return name }
        var kept: [Character] = []
        var used = 3
        for character in name.reversed() {
            used += width(character)
            guard used <= columns else { break }
            kept.append(character)
        }
        return "..." + String(kept.reversed())
    }

    private static func padded(_ text: String, to width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}
