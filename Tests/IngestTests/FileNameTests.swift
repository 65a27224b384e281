import Ingest
import IngestTesting
import Testing

@Suite struct FileNameTests {
    @Test(arguments: [
        ("photo.jpg", "photo.jpg"),
        ("C:\\Users\\me\\photo.jpg", "photo.jpg"),
        ("../../etc/passwd", "passwd"),
        ("/etc/x", "x"),
        (".htaccess", "htaccess"),
        ("-rf", "rf"),
        ("--help", "help"),
        ("name. . ", "name"),
        ("CON", "_CON"),
        ("con.txt", "_con.txt"),
        ("COM\u{B9}.log", "_COM\u{B9}.log"),
        ("CONSOLE.txt", "CONSOLE.txt"),
        ("a\u{202E}gpj.exe", "agpj.exe"),
        ("a\u{200B}b", "ab"),
        ("a\u{2215}b", "a_b"),
        ("tab\there\nnow\u{0}.txt", "tabherenow.txt"),
        ("e\u{301}.txt", "\u{E9}.txt"),
        ("..", "upload"),
        ("", "upload"),
        ("a/", "upload"),
        ("a\"b<c>.txt", "a\"b<c>.txt"),
    ])
    func aHintIsRepaired(hint: String, name: String) {
        #expect(FileName(repairing: hint).text == name)
    }

    @Test func aLongNameKeepsItsExtension() {
        let name = FileName(repairing: String(repeating: "\u{E9}", count: 300) + ".tar.gz").text
        #expect(name.utf8.count <= NameRules.maxComponentBytes)
        #expect(name.hasSuffix("\u{E9}.gz") || name.hasSuffix(".tar.gz"))
        let plain = FileName(repairing: String(repeating: "x", count: 300)).text
        #expect(plain == String(repeating: "x", count: NameRules.maxComponentBytes))
    }

    /// Whatever a client sends, the repaired name breaks no rule.
    @Test func repairedNamesKeepEveryRule() throws {
        var generator = SeededGenerator(seed: 42)
        let pieces: [String] = [
            ".", "-", " ", "/", "\\", "a", "\u{301}", "CON", "NUL", ".txt", "\u{202A}", "\u{7F}", "\u{FEFF}",
            "\u{2044}",
            "\u{E0041}", "\u{1F600}", "\u{FFFE}", "com1", "\u{AC00}", "\u{1100}\u{1161}", "e",
        ]
        for _ in 0..<20_000 {
            let hint = (0..<Int.random(in: 0..<9, using: &generator)).map { _ in
                pieces.randomElement(using: &generator) ?? ""
            }.joined()
            let name = FileName(repairing: hint)
            #expect(throws: Never.self, "\(hint.debugDescription)") {
                try BucketPath(segments: [name.text])
            }
        }
    }

    @Test func alternativesNumberTheStem() throws {
        let path = try BucketPath(segments: ["in", "photo.jpg"])
        #expect(path.alternative(0) == path)
        #expect(path.alternative(2).description == "in/photo (2).jpg")
        #expect(try BucketPath(segments: ["README"]).alternative(1).description == "README (1)")
    }
}
