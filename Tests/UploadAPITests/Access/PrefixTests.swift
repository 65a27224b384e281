import Access
import FoundationEssentials
import HTTPTypes
import IngestTesting
import Testing

@testable import UploadAPI

/// A token that holds for one directory, whatever a request calls its file.
@Suite struct PrefixTests {
    private func fixture() throws -> AccessFixture {
        try AccessFixture([
            "a": ([.upload, .read, .delete], "in/a", false, nil), "all": ([.upload, .read], nil, false, nil),
        ])
    }

    @Test(arguments: [
        ("/files/in/a/x", 201), ("/files/in/a/b/c", 201), ("/files/in/ab/x", 403), ("/files/in/x", 403),
        ("/files/x", 403), ("/files/in/a/../x", 403), ("/files/in/a/%2e%2e/x", 403), ("/files/in%2Fa/x", 403),
        ("/files/in/a%2Fx", 403), ("/files/in/A/x", 403), ("/files/in//a/x", 403), ("/files/in/a", 403),
    ])
    func aPutStaysInside(target: String, status: Int) async throws {
        let fixture = try fixture()
        #expect(await fixture.send(.put, target, as: "a", body: "x").status == status)
        #expect(fixture.service.bucket.paths.allSatisfy { $0.hasPrefix("in/a/") })
        #expect(fixture.service.bucket.spooled == 0)
    }

    @Test(arguments: [
        ("/files/in/a/", "x", 201), ("/files/in/a/b/", "x", 201), ("/files/in/ab/", "x", 403), ("/files/", "x", 403),
        ("/files", "in/a/x", 403), ("/files/in/a/", "../x", 201), ("/files/in/", "a", 403),
    ])
    func aFormAndARawPostStayInside(target: String, name: String, status: Int) async throws {
        let body = "--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"\(name)\"\r\n\r\nx\r\n--B--\r\n"
        let type = ["Content-Type": "multipart/form-data; boundary=B"]
        let named = ["Content-Disposition": "attachment; filename=\"\(name)\""]
        for (fields, body) in [(type, body), (named, "x")] {
            let fixture = try fixture()
            #expect(await fixture.send(.post, target, as: "a", fields, body: body).status == status)
            #expect(fixture.service.bucket.paths.allSatisfy { $0.hasPrefix("in/a/") })
            #expect(fixture.service.bucket.spooled == 0)
        }
    }

    @Test(arguments: [
        ("/files", "relativePath", "in/a/x.txt", 201), ("/files", "relativePath", "in/ab/x.txt", 403),
        ("/files", "filename", "in/a/x.txt", 403), ("/files", "relativePath", "in/a/../../x.txt", 201),
        ("/files/in/a/", "filename", "x.txt", 201), ("/files/in/a/", "relativePath", "../b/x.txt", 201),
        ("/files/in/", "relativePath", "a/x.txt", 201), ("/files/in/", "relativePath", "b/x.txt", 403),
    ])
    func tusStaysInside(target: String, key: String, value: String, status: Int) async throws {
        let fixture = try fixture()
        let fields = [
            "Tus-Resumable": "1.0.0", "Upload-Length": "5", "Content-Type": "application/offset+octet-stream",
            "Upload-Metadata": "\(key) \(Data(value.utf8).base64EncodedString())",
        ]
        #expect(await fixture.send(.post, target, as: "a", fields, body: "hello").status == status)
        #expect(fixture.service.bucket.paths.count == (status == 201 ? 1 : 0))
        #expect(fixture.service.bucket.paths.allSatisfy { $0.hasPrefix("in/a/") })
    }

    @Test(arguments: Draft.all)
    func anInterruptibleUploadStaysInside(draft: Draft) async throws {
        let fixture = try fixture()
        for (target, status) in [("/files/in/a/x", 201), ("/files/in/ab/x", 403)] {
            let begun = await fixture.send(.put, target, as: "a", draft.fields(completes: false), body: "he")
            #expect(begun.status == status)
            guard let location = begun["Location"] else { continue }
            let path = try #require(location.split(separator: "8080").last.map(String.init))
            let rest = await fixture.send(.patch, path, as: "a", draft.append(at: 2, completes: true), body: "llo")
            #expect(rest.status == 201)
        }
        #expect(fixture.service.bucket.paths == ["in/a/x"])
    }

    @Test(arguments: [
        ("/files", 403), ("/files?prefix=in/a", 403), ("/files?prefix=in/a/", 200), ("/files?prefix=in/ab/", 403),
        ("/files/in/a/", 200), ("/files/in/a/?prefix=b", 200), ("/files/in/", 403), ("/files/in/?prefix=a/", 200),
        ("/files/?prefix=in/a/", 200), ("/files?prefix=in%2Fa%2Fb", 200), ("/files?prefix=x&prefix=in/a/", 403),
    ])
    func listingsShowTheInsideOnly(target: String, status: Int) async throws {
        let fixture = try fixture()
        for path in ["in/a/b", "in/ab", "x"] { fixture.service.bucket.add(path) }
        let reply = await fixture.send(.get, target, as: "a")
        #expect(reply.status == status)
        #expect(!reply.text.contains("\"in/ab\"") && !reply.text.contains("\"x\""))
        #expect(reply.text.contains("\"in/a/b\"") == (status == 200))
    }

    @Test func thePageShowsWhatTheTokenAllows() async throws {
        let fixture = try AccessFixture([
            "a": ([.upload, .read], "in/a", false, nil), "reader": ([.read], nil, false, nil),
            "sender": ([.upload], nil, false, nil), "admin": ([.admin], nil, false, nil),
        ])
        for path in ["in/a/mine", "in/ab/other"] { fixture.service.bucket.add(path) }
        let own = await fixture.send(.get, "/", as: "a").text
        #expect(own.contains("action=\"/files/in/a/\"") && own.contains("in/a/mine") && !own.contains("other"))
        let reader = await fixture.send(.get, "/", as: "reader").text
        #expect(!reader.contains("<form") && reader.contains("mine") && reader.contains("other"))
        let sender = await fixture.send(.get, "/", as: "sender").text
        #expect(sender.contains("action=\"/files\"") && !sender.contains("mine") && !sender.contains("other"))
        #expect(await fixture.send(.get, "/", as: "admin").status == 403)
    }
}
