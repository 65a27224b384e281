import Access
import HTTPTypes
import Ingest
import Testing

@testable import UploadAPI

/// Every route there is, for everybody there is.
@Suite struct AccessTableTests {
    private static let routes = TestService().service.routes.map { "\($0.method.rawValue) \($0.template.text)" }

    private func fixture(_ row: AccessRow) throws -> AccessFixture {
        let all = Set(Scope.allCases)
        let needed = Set(row.scopes ?? [])
        // A token without a scope is none, and one of a directory has no admin.
        let some = needed.isEmpty ? [.upload] : needed
        let elsewhere = some.subtracting([.admin])
        return try AccessFixture([
            "owner": ([.upload], nil, false, nil),
            "right": (some, nil, false, nil),
            "all": (all, nil, false, nil),
            "inside": (elsewhere.isEmpty ? [.read] : elsewhere, "in/a", false, nil),
            "elsewhere": (elsewhere.isEmpty ? all.subtracting([.admin]) : elsewhere, "in/ab", false, nil),
            "above": (elsewhere.isEmpty ? all.subtracting([.admin]) : elsewhere, "in/a/there/no", false, nil),
            "wrong": (needed.isEmpty ? all : all.subtracting(needed), nil, false, nil),
            "expired": (all, nil, true, nil),
        ])
    }

    private func status(_ row: AccessRow, _ route: String, as token: String?) async throws -> Int {
        let fixture = try fixture(row)
        fixture.service.bucket.add("in/a/there")
        var target = row.target
        if target.contains("{id}") {
            let begun = await fixture.send(
                .post,
                "/files",
                as: "owner",
                ["Tus-Resumable": "1.0.0", "Upload-Length": "5"]
            )
            let id = try #require(begun["Location"]?.split(separator: "/").last, "\(begun.text)")
            target = target.replacing("{id}", with: id)
        }
        let method = try #require(HTTPRequest.Method(String(route.prefix { $0 != " " })))
        let before = fixture.service.bucket.paths
        let reply = await fixture.send(method, target, as: token, row.fields, body: row.body)
        if [401, 403].contains(reply.status) {
            #expect(fixture.service.bucket.paths == before)
            #expect(reply["Content-Type"] == "application/problem+json")
            let challenges = reply.headers[values: .wwwAuthenticate]
            #expect(
                challenges.map { String($0.prefix { $0 != " " }) } == (reply.status == 401 ? ["Basic", "Bearer"] : [])
            )
        }
        return reply.status
    }

    @Test(arguments: routes)
    func everyRouteIsForWhomItIs(route: String) async throws {
        let row = try #require(AccessRow.all[route], "\(route) has no row: who may call it?")
        let isOpen = row.scopes == nil
        let isForAll = row.scopes?.isEmpty ?? true
        let refused = isOpen ? row.allowed : 401
        #expect(try await status(row, route, as: nil) == refused)
        #expect(try await status(row, route, as: "nobody's") == refused)
        #expect(try await status(row, route, as: "expired") == refused)
        #expect(try await status(row, route, as: "wrong") == (isForAll ? row.allowed : 403))
        #expect(try await status(row, route, as: "right") == row.allowed)
        #expect(try await status(row, route, as: "all") == row.allowed)
        let elsewhere = isOpen ? row.allowed : row.elsewhere
        #expect(try await status(row, route, as: "elsewhere") == elsewhere)
        #expect(try await status(row, route, as: "above") == elsewhere)
        if row.target.contains("/in/a/") {
            #expect(try await status(row, route, as: "inside") == row.allowed)
        }
    }

    @Test func noRowIsOfARouteThatIsGone() {
        #expect(Set(AccessRow.all.keys) == Set(Self.routes))
    }

    /// Nobody learns what is there, nor which paths and methods are served, without credentials for it.
    @Test(arguments: [
        "/files/in/a/there", "/files/in/a/missing", "/files/in/a/.hidden", "/nothing", "/Jobs", "/uploads/x",
    ])
    func whatIsThereIsNotTold(target: String) async throws {
        let fixture = try AccessFixture([
            "reader": ([.read, .delete, .upload], "out", false, nil), "any": ([.upload], nil, false, nil),
        ])
        fixture.service.bucket.add("in/a/there")
        for method in [HTTPRequest.Method.get, .head, .put, .delete, .patch, .post] {
            #expect(await fixture.send(method, target, as: nil, body: "x").status == 401, "\(method)")
            guard target.hasPrefix("/files/"), method != .patch, method != .post else { continue }
            #expect(await fixture.send(method, target, as: "reader", body: "x").status == 403, "\(method)")
        }
        #expect(await fixture.send(.get, "/nothing", as: "any").status == 404)
        #expect(await fixture.send(.patch, "/jobs", as: "any").status == 405)
        #expect(fixture.service.bucket.paths == ["in/a/there"])
    }

    /// They carry no credentials (Fetch).
    @Test func preflightsAreAnswered() async throws {
        let fixture = try AccessFixture(["any": ([.upload], nil, false, nil)]) {
            $0.policy = RequestPolicy(origins: ["https://app.example"])
        }
        let fields = ["Origin": "https://app.example", "Access-Control-Request-Method": "PUT"]
        let reply = await fixture.send(.options, "/files/a", as: nil, fields)
        #expect(reply.status == 204)
        #expect(reply["Access-Control-Allow-Origin"] == "https://app.example")
        #expect(reply["Access-Control-Allow-Headers"]?.contains("Authorization") == true)
        let refused = await fixture.send(.get, "/files", as: nil, ["Origin": "https://app.example"])
        #expect(refused.status == 401)
        #expect(refused["Access-Control-Allow-Origin"] == "https://app.example")
        #expect(await fixture.send(.options, "/nothing", as: nil, fields).status == 401)
    }
}
