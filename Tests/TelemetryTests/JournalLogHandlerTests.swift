import Logging
import Synchronization
import Telemetry
import Testing

@Suite struct JournalLogHandlerTests {
    private final class Lines: Sendable {
        private let all = Mutex<[String]>([])
        var text: String { all.withLock { $0.joined() } }
        func append(_ line: String) { all.withLock { $0.append(line) } }
    }

    private func written(
        style: LogStyle = .journal,
        level: Logger.Level = .trace,
        _ log: (inout Logger) -> Void
    ) -> String {
        let lines = Lines()
        var logger = Logger(label: "test") { _ in
            JournalLogHandler(level: level, style: style) { lines.append($0) }
        }
        log(&logger)
        return lines.text
    }

    @Test(arguments: [
        (Logger.Level.trace, 7), (.debug, 7), (.info, 6), (.notice, 5), (.warning, 4), (.error, 3), (.critical, 2),
    ])
    func eachLevelHasItsSyslogPriority(level: Logger.Level, priority: Int) {
        #expect(written { $0.log(level: level, "started") } == "<\(priority)>started\n")
    }

    @Test func metadataFollowsTheMessageInOrder() {
        let text = written { logger in
            logger[metadataKey: "b"] = "of the logger"
            logger[metadataKey: "address"] = "0.0.0.0:1"
            logger.notice("listening", metadata: ["address": "127.0.0.1:8080", "c": "", "d": ["x", "y"]])
        }
        #expect(text == "<5>listening address=127.0.0.1:8080 b=\"of the logger\" c=\"\" d=\"[\\\"x\\\", \\\"y\\\"]\"\n")
    }

    @Test(arguments: [
        ("a\nb\r\t", "a\\nb\\r\\t"),
        ("\u{1B}[31mred\u{7}", "\\u{1b}[31mred\\u{7}"),
        ("\u{7F}\u{85}\u{9B}", "\\u{7f}\\u{85}\\u{9b}"),
        ("\u{2028}\u{2029}\u{202E}\u{FEFF}", "\\u{2028}\\u{2029}\\u{202e}\\u{feff}"),
        ("back\\slash", "back\\\\slash"),
        ("Füße-写真", "Füße-写真"),
        ("e\u{301}\u{200D}", "e\u{301}\\u{200d}"),
        ("a=\"b\"", "\"a=\\\"b\\\"\""),
    ])
    func whateverAValueHoldsStaysOnOneLine(value: String, expected: String) {
        #expect(written { $0.info("got", metadata: ["name": .string(value)]) } == "<6>got name=\(expected)\n")
        #expect(written { $0.info("got", metadata: ["x\(value)": "1"]) }.filter(\.isNewline).count == 1)
        #expect(written { $0.info("\(value)") }.filter(\.isNewline).count == 1)
    }

    @Test func aLongValueIsCutAtAWholeScalar() {
        let value = "x" + String(repeating: "ü", count: 200)
        let text = written { $0.info("got", metadata: ["name": .string(value)]) }
        #expect(text == "<6>got name=x\(String(repeating: "ü", count: 127))…\n")
    }

    @Test(arguments: [
        (String(repeating: "x", count: 256), ""), (String(repeating: "x", count: 257), "…"),
        ("a b" + String(repeating: "x", count: 254), "…"),
    ])
    func anASCIIValueIsCutAtTheSameLength(value: String, end: String) {
        let text = written { $0.info("got", metadata: ["name": .string(value)]) }
        let quote = value.contains(" ") ? "\"" : ""
        #expect(text == "<6>got name=\(quote)\(value.prefix(256))\(end)\(quote)\n")
    }

    @Test(arguments: [
        ("upload.id", "upload.id"), ("a b=c\"", "a_b_c_"), ("größe", "gr__e"), ("", ""),
        (String(repeating: "k", count: 65), String(repeating: "k", count: 64)),
    ])
    func aKeyIsPlainAndBounded(key: String, expected: String) {
        #expect(written { $0.info("got", metadata: [key: "1"]) } == "<6>got \(expected)=1\n")
    }

    @Test func aTerminalSeesTimeAndLevel() throws {
        let text = written(style: .terminal) { $0.warning("slow", metadata: ["ms": "7"]) }
        let format = /[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]\.[0-9]{3}Z warning slow ms=7\n/
        #expect(try format.wholeMatch(in: text) != nil)
    }

    @Test func levelsBelowTheHandlersAreDropped() {
        #expect(written(level: .notice) { $0.info("quiet") }.isEmpty)
    }

    @Test func anEventsErrorIsShown() {
        struct Broken: Error {}
        #expect(written { $0.error("failed", error: Broken()) } == "<3>failed error=Broken()\n")
    }
}
