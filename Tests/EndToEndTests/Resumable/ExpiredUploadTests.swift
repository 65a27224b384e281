import IngestTesting
import SystemPackage
import Testing

/// What becomes of an upload that nobody goes on with.
@Suite(.timeLimit(.minutes(2))) struct ExpiredUploadTests {
    /// Within a minute, with the daemon going on as it is.
    @Test func anExpiredUploadGivesBackWhatItHad() async throws {
        let settings = "limits: {quota: 100}\nthumbnails: {sizes: []}\n"
        let options = DaemonProcess.Options(settings: settings)
        let daemon = try await DaemonProcess.start(in: try TemporaryDirectory(), options: options)
        let content = [UInt8](repeating: 7, count: 80)
        let request = UploadDialect.tus.creation(of: "late", length: content.count, content: content[..<60])
        let begun = try await daemon.send(request)
        #expect(begun.status == 201)
        #expect(try await daemon.request("PUT", "/files/other", body: content).status == 507)
        let ledger = try LedgerFile(daemon.state.appending("ledger.sqlite"))
        try ledger.execute("UPDATE uploads SET expires_at = 0")
        let start = ContinuousClock.now
        #expect(await daemon.process.line(containing: "unfinished uploads expired") != nil)
        #expect(ContinuousClock.now - start < .seconds(60))
        let path = try #require(begun["Location"].flatMap(UploadDialect.path(ofLocation:)))
        #expect(try await daemon.send(UploadDialect.tus.query(path)).status == 404)
        #expect(try await daemon.metric(#"bucketd_resumable_uploads_ended_total{how="expired"}"#) == 1)
        #expect(try await daemon.metric("bucketd_resumable_uploads_open") == 0)
        #expect(daemon.directory.names(in: "bucket.state/spool").isEmpty)
        #expect(try await daemon.request("PUT", "/files/other", body: content).status == 201)
        daemon.terminate()
        #expect(await daemon.waitForExit() == 0)
    }
}
