import Logging
import Testing

@testable import Telemetry

@Suite struct JSONLogLineTests {
    private func line(_ message: String = "m", _ metadata: Logger.Metadata = [:]) -> String {
        var line = JSONLogLine(time: "t", level: .notice, message: message)
        line.append(metadata)
        return line.text
    }

    @Test func aLineIsAnObject() {
        #expect(
            line("stored", ["upload.id": "u", "file.size": "3"])
                == #"{"time":"t","level":"notice","message":"stored","file.size":"3","upload.id":"u"}"#
        )
    }

    /// Whatever clients send: one line, and nothing that a terminal would act on.
    @Test(arguments: [
        ("a\"b\\c", #"a\"b\\c"#), ("a\nb\r\t\0", #"a\u000ab\u000d\u0009\u0000"#), ("\u{1B}[31m", #"\u001b[31m"#),
        ("\u{202E}x\u{2028}", #"\u202ex\u2028"#), ("\u{E0041}", #"\udb40\udc41"#), ("grün ü 😀", "grün ü 😀"),
    ])
    func textsAreEscaped(text: String, escaped: String) {
        #expect(line("m", ["k": "\(text)"]).hasSuffix("\"k\":\"\(escaped)\"}"))
    }

    @Test func longTextsAreCut() {
        let long = String(repeating: "x", count: 10_000)
        #expect(line(long).utf8.count < 1200)
        #expect(line("m", ["k": "\(long)", "\(long)": "v"]).utf8.count < 500)
    }

    @Test func metadataTakesNoNameOfOurs() {
        #expect(
            line("m", ["message": "x", "level": "y", "time": "z"])
                == #"{"time":"t","level":"notice","message":"m","metadata.level":"y","metadata.message":"x","metadata.time":"z"}"#
        )
    }

    @Test func theThresholdIsSharedUntilALoggerHasItsOwn() {
        let threshold = LogThreshold(.warning)
        let handler = JournalLogHandler(threshold: threshold, style: .json, descriptor: -1)
        var own = handler
        own.logLevel = .error
        #expect(handler.logLevel == .warning && own.logLevel == .error)
        threshold.level = .debug
        #expect(handler.logLevel == .debug && own.logLevel == .error)
    }
}
