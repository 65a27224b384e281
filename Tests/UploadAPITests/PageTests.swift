import HTTPTypes
import Ingest
import Testing

@testable import UploadAPI

@Suite struct PageTests {
    @Test func interpolatedTextIsEscapedAndLiteralsAreNot() {
        let name = "\"><img src=x onerror='alert(1)'>&\u{0}"
        let inner: HTML = "<b title=\"\(name)\">\(7)</b>"
        let outer: HTML = "<p>\(inner)\([inner])</p>"
        let escaped = "&quot;&gt;&lt;img src=x onerror=&#39;alert(1)&#39;&gt;&amp;\u{FFFD}"
        #expect(inner.text == "<b title=\"\(escaped)\">7</b>")
        #expect(outer.text == "<p>\(inner.text)\(inner.text)</p>")
    }

    @Test func namesAreTextOnThePage() async {
        let service = TestService(plan: ["thumbnail"])
        service.bucket.add("\"><img src=x onerror=alert(1)>.png")
        service.bucket.endJob(2, .dead, error: "</span><script>")
        let reply = await service.send(.get, "/")
        #expect(reply.status == 200)
        #expect(reply["Content-Type"] == "text/html; charset=utf-8")
        #expect(reply["Content-Security-Policy"]?.contains("default-src 'none'") == true)
        #expect(reply["Content-Security-Policy"]?.contains("unsafe-inline") == false)
        #expect(!reply.text.contains("<img src=x"))
        #expect(!reply.text.contains("<script"))
        #expect(!reply.text.contains("style="))
        #expect(reply.text.contains("<bdi>&quot;&gt;&lt;img src=x onerror=alert(1)&gt;.png</bdi>"))
    }

    @Test func thePageRefreshesOnlyWhileJobsArePending() async {
        let service = TestService(plan: ["thumbnail"])
        #expect(await service.send(.get, "/").text.contains("Nothing has been uploaded yet."))
        service.bucket.add("a.png")
        #expect(await service.send(.get, "/").text.contains("http-equiv=\"refresh\""))
        service.bucket.endJob(2, .done)
        let done = await service.send(.get, "/").text
        #expect(!done.contains("http-equiv=\"refresh\""))
        #expect(done.contains("<img src=\"/thumbnails/a.png?size=256\" alt=\"\" loading=\"lazy\">"))
        #expect(
            done.contains("<form class=\"upload\" action=\"/files\" method=\"post\" enctype=\"multipart/form-data\">")
        )
    }

    @Test func theNewestFiftyAreShown() async {
        let service = TestService()
        for number in 1...51 { service.bucket.add("file\(number)x") }
        let page = await service.send(.get, "/").text
        #expect(page.contains("file51x") && page.contains("file2x"))
        #expect(!page.contains("file1x"))
    }

    @Test(arguments: [
        ("/page.css", "text/css; charset=utf-8"), ("/favicon.ico", "image/x-icon"),
        ("/openapi.json", "application/json"),
        ("/docs", "text/html; charset=utf-8"),
    ])
    func resourcesAreServed(target: String, type: String) async {
        let reply = await TestService().send(.get, target)
        #expect(reply.status == 200)
        #expect(reply["Content-Type"] == type)
        #expect(!reply.bytes.isEmpty)
    }

    @Test(arguments: [
        (0, "0 bytes"), (1, "1 byte"), (1023, "1023 bytes"), (1024, "1.0 KiB"), (1536, "1.5 KiB"),
        (102_400, "100 KiB"), (1_048_575, "1023 KiB"), (1 << 30, "1.0 GiB"), (Int64.max, "7.9 EiB"),
    ])
    func sizesAreForPeople(bytes: Int64, text: String) {
        #expect(ByteCount(bytes: bytes).text == text)
    }

    @Test(arguments: [
        (nil, false), ("*/*", false), ("application/json", false), ("text/html", true), ("text/*", true),
        ("text/html;q=0.5, application/json", false), ("text/html,application/xhtml+xml,*/*;q=0.8", true),
        ("text/html;q=0", false),
    ])
    func browsersAreRecognised(accept: String?, prefersHTML: Bool) {
        #expect(MediaPreference(accept: accept).prefersHTML == prefersHTML)
    }
}
