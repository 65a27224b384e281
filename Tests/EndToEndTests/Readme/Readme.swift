/// The README and its fenced blocks.
struct Readme {
    struct Block {
        let language: String
        var lines: [Substring] = []

        var text: String { lines.joined(separator: "\n") + "\n" }
        /// What its first line runs.
        var program: String { lines.first?.split(separator: " ").first.map(String.init) ?? "" }
        /// Its lines as commands, without what a `#` after blanks begins.
        var commands: [String] {
            lines.map { line in
                let end = line.firstRange(of: "  #")?.lowerBound ?? line.firstRange(of: " # ")?.lowerBound
                return String(end.map { line[..<$0] } ?? line)
            }
        }
    }

    let text: String
    let blocks: [Block]

    init() throws {
        text = String(decoding: try Repository.read("README.md"), as: UTF8.self)
        var blocks: [Block] = []
        var isInside = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") {
                isInside.toggle()
                if isInside { blocks.append(Block(language: String(line.dropFirst(3)))) }
            } else if isInside {
                blocks[blocks.count - 1].lines.append(line)
            }
        }
        self.blocks = blocks
    }

    func blocks(_ language: String) -> [Block] {
        blocks.filter { $0.language == language }
    }
}
