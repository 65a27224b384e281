import Testing

@testable import bucketctl

@Suite struct TextTests {
    @Test(arguments: [
        ("photo (1).jpg", "photo (1).jpg"), ("Zürich/雪.png", "Zürich/雪.png"),
        ("a\u{1B}[2Jb", "a\\u{1B}[2Jb"), ("a\nb\r\u{7F}\u{9B}", "a\\u{A}b\\u{D}\\u{7F}\\u{9B}"),
        ("gpj\u{202E}exe", "gpj\\u{202E}exe"), ("a\u{200B}\u{FEFF}\u{2028}", "a\\u{200B}\\u{FEFF}\\u{2028}"),
    ])
    func whatATerminalWouldObeyIsShown(text: String, shown: String) {
        #expect("\(VisibleText(text))" == shown)
    }

    @Test func jsonHoldsNothingThatATerminalWouldObey() {
        let text = JSONText.of(["a\u{1B}\u{7F}\u{9B}\u{202E}\"\\/é\u{E0041}"])
        #expect(text == #"["a\u001b\u007f\u009b\u202e\"\\/é\udb40\udc41"]"#)
    }

    @Test(
        arguments: [
            (0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1536, "1.5 KiB"), (102_400, "100 KiB"),
            (1_048_575, "1023 KiB"), (1 << 30, "1.0 GiB"), (Int64.max, "7.9 EiB"),
        ] as [(Int64, String)]
    )
    func bytesAreCounted(bytes: Int64, text: String) {
        #expect(ByteCount.text(bytes) == text)
    }

    @Test(arguments: [
        ("a b/ü", "a%20b/%C3%BC"), ("a%2Fb?c#d", "a%252Fb%3Fc%23d"), ("A-z_0.~", "A-z_0.~"),
    ])
    func pathsArePercentEncoded(path: String, encoded: String) {
        #expect(PercentEncoding.path(path.utf8) == encoded)
        #expect(PercentEncoding.query("a/b&c") == "a%2Fb%26c")
    }
}
