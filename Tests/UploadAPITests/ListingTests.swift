import HTTPTypes
import Ingest
import Testing

@testable import UploadAPI

@Suite struct ListingTests {
    private func names(_ reply: Reply) -> [String] {
        (JSONValue(parsing: reply.bytes)?["files"]?.elements ?? []).compactMap { $0["filename"]?.text }
    }

    @Test func aListingIsPagedByPath() async throws {
        let service = TestService()
        let all = ["a b&c.txt", "a~7Eb", "b", "c/d", "c/e", "~"]
        for name in all { service.bucket.add(name) }
        var seen: [String] = []
        var target = "/files?limit=1"
        while true {
            let reply = await service.send(.get, target)
            seen += names(reply)
            guard let next = JSONValue(parsing: reply.bytes)?["next"]?.text else { break }
            // No encoding changes it but that of slash and tilde, which decoding undoes.
            #expect(next.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "~/._-".contains($0)) })
            target = "/files?limit=1&after=\(next.replacing("/", with: "%2F").replacing("~", with: "%7E"))"
            try #require(seen.count <= all.count)
        }
        #expect(seen == all.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    }

    @Test func prefixesAndDirectoriesChoose() async {
        let service = TestService()
        for name in ["a", "c/d", "c/e", "cd"] { service.bucket.add(name) }
        #expect(names(await service.send(.get, "/files?prefix=c")) == ["c/d", "c/e", "cd"])
        #expect(names(await service.send(.get, "/files/c/")) == ["c/d", "c/e"])
        #expect(names(await service.send(.get, "/files/c/?prefix=e")) == ["c/e"])
        #expect(names(await service.send(.get, "/files/")) == ["a", "c/d", "c/e", "cd"])
        #expect(names(await service.send(.get, "/files?after=c%2Fd")) == ["c/e", "cd"])
    }

    @Test func parametersAreHeldToTheirBounds() async {
        let service = TestService()
        for query in ["limit=0", "limit=-1", "limit=x", "after=~zz", "after=~7"] {
            #expect(await service.send(.get, "/files?\(query)").status == 400, "\(query)")
        }
        #expect(await service.send(.get, "/files?limit=99999999&prefix=").status == 200)
    }

    @Test func filesOfAllKindsHaveTheirShape() async {
        let service = TestService(plan: ["thumbnail"])
        let digest = service.bucket.add("a.png", contentType: "image/png").digest.hexadecimal
        service.bucket.endJob(2, .done)
        service.bucket.add("b")
        service.bucket.touch("b")
        service.bucket.add("c")
        service.bucket.setState(.corrupt, of: "c")
        service.bucket.addForeign([0x66, 0xFF])
        let reply = await service.send(.get, "/files")
        let time = "2026-11-22T10:51:15.042Z"
        let job = #""attempt":0,"error":null,"result":null,"createdAt":"\#(time)","startedAt":null,"#
        #expect(
            reply.text == #"{"files":["#
                + #"{"filename":"a.png","url":"/files/a.png","size":5,"contentType":"image/png","sha256":"\#(digest)","#
                + #""uploadedAt":"\#(time)","thumbnails":{"256":"/thumbnails/a.png?size=256"},"#
                + #""jobs":[{"id":2,"kind":"thumbnail","state":"done","file":"a.png",\#(job)"finishedAt":"\#(time)"}]},"#
                + #"{"filename":"b","url":"/files/b","size":5,"contentType":null,"uploadedAt":"\#(time)","#
                + #""changedOutside":true,"thumbnails":{},"#
                + #""jobs":[{"id":4,"kind":"thumbnail","state":"ready","file":"b",\#(job)"finishedAt":null}]},"#
                + #"{"filename":"c","url":"/files/c","size":5,"contentType":null,"sha256":"\#(digest)","#
                + #""uploadedAt":"\#(time)","corrupt":true,"thumbnails":{},"#
                + #""jobs":[{"id":6,"kind":"thumbnail","state":"ready","file":"c",\#(job)"finishedAt":null}]},"#
                + #"{"filename":"f�","url":"/files/f%FF","size":5,"contentType":null,"uploadedAt":"\#(time)","#
                + #""foreign":true,"thumbnails":{},"jobs":[]}],"next":null}"# + "\n"
        )
    }

    @Test func urlsBeginWithThePublicOne() async {
        let service = TestService { $0.urls = ResourceURLs(publicURL: "https://up.example/in/") }
        let reply = await service.send(.put, "/files/a", body: "x")
        #expect(reply["Location"] == "https://up.example/in/files/a")
    }

    @Test func textIsEscapedForJSONAndTerminals() {
        let value = JSONValue.string("\"\\\n\u{1}\u{7F}\u{9B}\u{2028}\u{E9}\u{1F600}")
        let text = String(decoding: value.bytes, as: UTF8.self)
        #expect(text == #""\"\\\n\u0001\u007f\u009b\u2028"# + "\u{E9}\u{1F600}\"\n")
        #expect(JSONValue(parsing: value.bytes) == value)
    }
}
