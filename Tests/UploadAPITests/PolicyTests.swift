import HTTPTypes
import Ingest
import MicroHTTP
import Testing

@testable import UploadAPI

@Suite struct PolicyTests {
    @Test(arguments: [
        ("127.0.0.1", true), ("127.0.0.1:8080", true), ("127.9.9.9:1", true), ("localhost", true),
        ("LOCALHOST:9", true),
        ("localhost.", true), ("app.localhost", true), ("[::1]:8080", true), ("up.example", true),
        ("UP.example:99", true),
        ("evil.example", false), ("127.0.0.1.evil.example", false), ("localhost.evil.example", false),
        ("evil-localhost", false), ("10.0.0.1", false), ("127.0.0.1.5", false), ("[::2]", false),
    ])
    func loopbackKnowsItsNames(host: String, isKnown: Bool) async {
        let service = TestService { $0.policy = RequestPolicy(hosts: ["Up.Example:443"]) }
        let reply = await service.send(.put, "/files/a", chunks: [[1]], host: host)
        #expect(reply.status == (isKnown ? 201 : 421))
        #expect(isKnown || reply.text.contains("setting hosts"))
        #expect(service.bucket.paths.isEmpty != isKnown)
        #expect(await service.send(.get, "/", host: host).status == (isKnown ? 200 : 421))
        #expect(await service.send(.get, "/nothing", host: host).status == (isKnown ? 404 : 421))
    }

    @Test(arguments: [
        ("up.example", true), ("192.0.2.7:80", true), ("203.0.113.1", true), ("[2001:db8::1]:80", true),
        ("box", true), ("localhost", true), ("any.example", false), ("203.0.113.1.evil.example", false),
        ("box.evil.example", false), ("1.2.3", false),
    ])
    func otherAddressesKnowNamesAndEveryAddress(host: String, isKnown: Bool) async {
        let service = TestService { $0.policy = RequestPolicy(hosts: ["up.example"], machineName: "Box") }
        for address in ["192.0.2.7", "0.0.0.0", "::"] {
            let bound = BoundAddress.tcp(host: address, port: 80)
            #expect(await service.send(.get, "/files", host: host, local: bound).status == (isKnown ? 200 : 421))
        }
    }

    @Test func aUnixSocketTakesAnyNameUntilItIsTold() async {
        let socket = BoundAddress.unix(path: "/run/x")
        let told = TestService { $0.policy = RequestPolicy(hosts: ["up.example"]) }
        for (host, isKnown) in [("any", false), ("localhost", true), ("up.example", true)] {
            #expect(await TestService().send(.get, "/files", host: host, local: socket).status == 200)
            #expect(await told.send(.get, "/files", host: host, local: socket).status == (isKnown ? 200 : 421))
        }
    }

    @Test(arguments: ["/healthz", "/readyz"])
    func probesMayCallTheServerAnything(target: String) async {
        let service = TestService()
        #expect(await service.send(.get, target, host: "evil.example").status == 200)
        #expect(await service.send(.get, target, host: nil, isHTTP11: false).status == 200)
        #expect(await service.send(.head, target).status == 200)
    }

    @Test func hostIsNeededSinceHTTP11() async {
        #expect(await TestService().send(.get, "/files", host: nil).status == 400)
        #expect(await TestService().send(.get, "/files", host: nil, isHTTP11: false).status == 200)
    }

    @Test(arguments: [
        ([:], true),
        (["Sec-Fetch-Site": "same-origin"], true),
        (["Sec-Fetch-Site": "none"], true),
        (["Sec-Fetch-Site": "same-site"], false),
        (["Sec-Fetch-Site": "cross-site"], false),
        (["Sec-Fetch-Site": "cross-site", "Origin": "https://app.example"], true),
        (["Sec-Fetch-Site": "cross-site", "Origin": "https://app.example:444"], false),
        (["Sec-Fetch-Site": "same-origin", "Origin": "http://127.0.0.1:8080"], true),
        (["Origin": "http://127.0.0.1:8080"], true),
        (["Origin": "https://127.0.0.1:8080"], true),
        (["Origin": "http://127.0.0.1:8081"], false),
        (["Origin": "https://evil.example"], false),
        (["Origin": "null"], false),
        (["Origin": "HTTPS://App.Example"], true),
    ])
    func otherSitesMayNotChangeThings(fields: [String: String], isAllowed: Bool) async {
        let service = TestService { $0.policy = RequestPolicy(origins: ["https://app.example"]) }
        let put = await service.send(.put, "/files/a", fields, body: "x")
        #expect(put.status == (isAllowed ? 201 : 403))
        #expect(isAllowed || put.text.contains("setting origins"))
        let form = fields.merging(Form.type) { first, _ in first }
        let post = await service.send(.post, "/files", form, chunks: [Form.file("b", "x").bytes])
        #expect(post.status == (isAllowed ? 201 : 403))
        #expect(await service.send(.post, "/run-tasks", fields).status == (isAllowed ? 202 : 403))
        #expect(await service.send(.get, "/files", fields).status == 200)
        #expect(service.bucket.spooled == 0)
    }

    /// Only pages that are listed, by their exact origin, learn anything; the browser sends no credentials along.
    @Test(arguments: [
        ("https://app.example", true), ("HTTPS://app.example", true), ("https://app.example.evil", false),
        ("http://app.example", false), ("https://app.example:8443", false), ("null", false), ("*", false),
    ])
    func listedPagesMayReadAnswers(origin: String, isListed: Bool) async {
        let service = TestService { $0.policy = RequestPolicy(origins: ["https://app.example"]) }
        for target in ["/files", "/nothing"] {
            let reply = await service.send(.get, target, ["Origin": origin])
            #expect(reply["Access-Control-Allow-Origin"] == (isListed ? origin : nil))
            #expect((reply["Access-Control-Expose-Headers"] != nil) == isListed)
            #expect(reply["Access-Control-Allow-Credentials"] == nil)
            #expect(reply["Vary"] == "Origin")
        }
        let asked = ["Origin": origin, "Access-Control-Request-Method": "PUT"]
        let preflight = await service.send(.options, "/files/a", asked)
        #expect(preflight.status == 204)
        #expect(preflight["Access-Control-Allow-Methods"]?.contains("PUT") == (isListed ? true : nil))
        #expect(preflight["Access-Control-Allow-Headers"]?.contains("Content-Type") == (isListed ? true : nil))
    }

    @Test func withoutOriginsNothingIsShared() async {
        let fields = ["Origin": "http://127.0.0.1:8080", "Access-Control-Request-Method": "PUT"]
        for reply in [
            await TestService().send(.get, "/files", fields), await TestService().send(.options, "/", fields),
        ] {
            #expect(!reply.headers.contains { $0.name.canonicalName.hasPrefix("access-control") })
            #expect(reply["Vary"] == nil)
        }
    }
}
