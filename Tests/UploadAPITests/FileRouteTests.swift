import HTTPTypes
import Ingest
import StructuredFields
import Testing

@testable import UploadAPI

@Suite struct FileRouteTests {
    private let service = TestService()

    @Test func aFileIsServedWithItsDigest() async {
        let record = service.bucket.add("dir/a.txt", "hello", contentType: "text/plain; charset=x")
        let reply = await service.send(.get, "/files/dir/a.txt")
        #expect(reply.status == 200)
        #expect(reply.text == "hello")
        #expect(reply["ETag"] == "\"\(record.digest.hexadecimal)\"")
        #expect(reply["Repr-Digest"] == "sha-256=:\(Base64.encode(record.digest.bytes)):")
        #expect(reply["Last-Modified"] == "Sun, 22 Nov 2026 10:51:15 GMT")
        #expect(reply["Accept-Ranges"] == "bytes")
        #expect(reply["Content-Type"] == "text/plain; charset=utf-8")
        #expect(reply["Content-Disposition"] == nil)
        #expect(reply["X-Content-Type-Options"] == "nosniff")
        #expect(reply["Content-Security-Policy"] == "default-src 'none'; sandbox")
        #expect(reply["Cross-Origin-Resource-Policy"] == "same-origin")
        #expect(reply["Cache-Control"] == "private, no-cache")
    }

    @Test(arguments: [
        ("a.png", "image/png", "image/png"), ("a.JPG", "Image/JPEG", "image/jpeg"),
        ("a.avif", "image/avif", "image/avif"),
        ("a.png", "image/jpeg", nil), ("a.png", nil, nil), ("a.svg", "image/svg+xml", nil),
        ("a.html", "text/html", nil),
        ("a", "text/plain", nil), ("a.txt", "text/html", nil), ("a.txt.html", "text/plain", nil),
    ])
    func onlyHarmlessTypesAreShown(name: String, declared: String?, served: String?) async {
        service.bucket.add(name, contentType: declared)
        let reply = await service.send(.get, "/files/\(name)")
        #expect(reply["Content-Type"] == served ?? "application/octet-stream")
        #expect((reply["Content-Disposition"] == nil) == (served != nil))
    }

    @Test func anAttachmentHasBothNames() async {
        service.bucket.add("na\u{EF}ve \"x\".bin")
        let reply = await service.send(.get, "/files/na%C3%AFve%20%22x%22.bin")
        #expect(
            reply["Content-Disposition"]
                == "attachment; filename=\"na_ve _x_.bin\"; filename*=UTF-8''na%C3%AFve%20%22x%22.bin"
        )
    }

    @Test func whatOthersPutThereOrChangedHasAWeakTag() async {
        service.bucket.addForeign([0x66, 0xFF])
        service.bucket.add("b")
        service.bucket.touch("b")
        service.bucket.add("c")
        service.bucket.setState(.corrupt, of: "c")
        for target in ["/files/f%FF", "/files/b", "/files/c"] {
            let reply = await service.send(.get, target)
            #expect(reply.status == 200, "\(target)")
            #expect(reply["ETag"]?.hasPrefix("W/\"") == true)
            #expect(reply["Repr-Digest"] == nil)
            let again = await service.send(.get, target, ["If-None-Match": reply["ETag"] ?? ""])
            #expect(again.status == 304)
        }
    }

    @Test func conditionsAndRangesAreHonoured() async {
        let record = service.bucket.add("a", "0123456789")
        let tag = "\"\(record.digest.hexadecimal)\""
        let notModified = await service.send(.get, "/files/a", ["If-None-Match": tag])
        #expect(notModified.status == 304)
        #expect(notModified["ETag"] == tag)
        #expect(await service.send(.get, "/files/a", ["If-Match": "\"x\""]).status == 412)
        let part = await service.send(.get, "/files/a", ["Range": "bytes=2-4", "If-Range": tag])
        #expect(part.status == 206)
        #expect(part.text == "234")
        #expect(part["Content-Range"] == "bytes 2-4/10")
        #expect(part["ETag"] == tag)
        let stale = await service.send(.get, "/files/a", ["Range": "bytes=2-4", "If-Range": "\"x\""])
        #expect(stale.status == 200)
        #expect(stale.text == "0123456789")
        let beyond = await service.send(.get, "/files/a", ["Range": "bytes=10-"])
        #expect(beyond.status == 416)
        #expect(beyond["Content-Range"] == "bytes */10")
        #expect(await service.send(.head, "/files/a", ["Range": "bytes=2-4"]).status == 200)
        #expect(await service.send(.get, "/files/a", ["Range": "bytes=0-1,3-4"]).status == 200)
    }

    @Test(arguments: [
        "/files/.hidden", "/files/..", "/files/../etc/passwd", "/files/%2e%2e%2fetc%2fpasswd", "/files/a%2Fb",
        "/files/a%00", "/files/nothing", "/files/.hidden/", "/thumbnails/.hidden", "/thumbnails/..%2fx", "/nothing",
    ])
    func whatNobodyMaySeeIsNotThere(target: String) async {
        service.bucket.add("a/b")
        service.bucket.add(".hidden")
        #expect(await service.send(.get, target).status == 404)
        #expect(await service.send(.head, target).status == 404)
    }

    @Test func aDirectoryIsListedAndNotRemoved() async {
        service.bucket.add("dir/a")
        let moved = await service.send(.get, "/files/dir")
        #expect(moved.status == 307)
        #expect(moved["Location"] == "/files/dir/")
        #expect(await service.send(.delete, "/files/dir").status == 409)
        #expect(await service.send(.delete, "/files/dir/").status == 409)
        #expect(await service.send(.delete, "/files/").status == 409)
        #expect(await service.send(.delete, "/files/dir/a/").status == 404)
        #expect(service.bucket.paths == ["dir/a"])
    }

    @Test func deletionObeysItsConditions() async {
        let record = service.bucket.add("a")
        service.bucket.addForeign(Array("f".utf8))
        #expect(await service.send(.delete, "/files/a", ["If-Match": "\"x\""]).status == 412)
        #expect(await service.send(.delete, "/files/f").status == 409)
        #expect(await service.send(.delete, "/files/b").status == 404)
        let tag = "\"\(record.digest.hexadecimal)\""
        #expect(await service.send(.delete, "/files/a", ["If-Match": tag]).status == 204)
        #expect(await service.send(.delete, "/files/a").status == 404)
    }

    @Test func putObeysItsConditions() async {
        let absent = ["If-None-Match": "*"]
        #expect(await service.send(.put, "/files/a", absent, body: "1").status == 201)
        #expect(await service.send(.put, "/files/a", absent, body: "2").status == 412)
        #expect(await service.send(.put, "/files/a", ["If-Match": "\"x\""], body: "2").status == 412)
        #expect(await service.send(.put, "/files/b", ["If-Match": "*"], body: "2").status == 412)
        let tag = await service.send(.get, "/files/a")["ETag"] ?? ""
        #expect(await service.send(.put, "/files/a", ["If-None-Match": tag], body: "2").status == 412)
        #expect(await service.send(.put, "/files/a", ["If-None-Match": "\"x\""], body: "2").status == 204)
        #expect(await service.send(.put, "/files/a", ["If-Match": tag], body: "3").status == 412)
        #expect(await service.send(.put, "/files/a", ["If-Match": "*"], body: "3").status == 204)
        #expect(service.bucket.bytes("a") == Array("3".utf8))
        service.bucket.addForeign(Array("f".utf8))
        #expect(await service.send(.put, "/files/f", body: "4").status == 409)
        #expect(service.bucket.spooled == 0)
    }
}
