import Testing

@testable import bucketctl

@Suite struct ProgressTests {
    private func text(_ width: Int, name: String = "photos/a.jpg", size: Int64 = 200 << 20) -> String {
        ProgressText(
            files: 12,
            ended: 3,
            bytes: 50 << 20,
            size: size,
            rate: Double(10 << 20),
            secondsLeft: 15,
            name: name
        ).text(width: width)
    }

    @Test func aWideLineTellsEverything() {
        let line = text(120)
        #expect(
            line.hasPrefix("[#######.......................]  25%  50.0 MiB of 200 MiB  3/12 files  10.0 MiB/s  0:15")
        )
        #expect(line.hasSuffix("  photos/a.jpg"))
    }

    @Test(arguments: 0...130) func aLineNeverFillsTheTerminal(width: Int) {
        let line = text(width, name: String(repeating: "long/", count: 40) + "end")
        #expect(line.count <= max(0, width - 1))
        #expect(line.unicodeScalars.allSatisfy { $0.isASCII && $0.value >= 0x20 })
    }

    @Test func theEndOfALongNameIsShown() {
        #expect(text(130, name: String(repeating: "x", count: 200) + "end.jpg").hasSuffix("end.jpg"))
        #expect(!text(130, name: "a\u{1B}[2J").contains("\u{1B}"))
    }

    @Test func withoutASizeThereIsNoBar() {
        let line = text(100, size: 0)
        #expect(!line.contains("[") && line.hasPrefix("50.0 MiB  3/12 files"))
    }

    @Test(arguments: [(0, "0:00"), (59, "0:59"), (61, "1:01"), (3600, "1:00:00"), (7325, "2:02:05")])
    func timesAreWritten(seconds: Int, text: String) {
        #expect(ProgressText.clock(seconds) == text)
    }

    @Test func theRateFollowsWhatMoves() {
        var meter = RateMeter()
        meter.sample(0, at: 0)
        #expect(meter.seconds(for: 100) == nil)
        meter.sample(1000, at: 1)
        #expect(meter.rate == 1000)
        #expect(meter.seconds(for: 5000) == 5)
        for second in 2...20 { meter.sample(1000 + Int64(second - 1) * 100, at: Double(second)) }
        #expect((100..<110).contains(meter.rate))
        // What was resumed is no speed, and what is sent again none below zero.
        meter.sample(0, at: 21)
        #expect(meter.rate >= 0)
    }

    @Test func endedFilesCountWhole() {
        let progress = PutProgress(files: 2, size: 300)
        progress.moved("a", to: 50)
        progress.moved("b", to: 100)
        #expect(progress.bytes == 150)
        progress.ended("a", size: 200)
        #expect(progress.bytes == 300)
        let text = progress.text(RateMeter())
        #expect(text.ended == 1 && text.name == "b" && text.secondsLeft == nil)
    }
}
