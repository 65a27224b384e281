import Testing

@testable import Ledger

@Suite struct ReportIntervalTests {
    @Test func oneReportIsDueInAnInterval() {
        let reports = ReportInterval(.seconds(60))
        let start = ContinuousClock.now
        #expect(reports.isDue(at: start))
        #expect(!reports.isDue(at: start + .milliseconds(59_999)))
        #expect(reports.isDue(at: start + .seconds(60)))
        #expect(!reports.isDue(at: start + .seconds(61)))
    }
}
