import HTTPTypes
import Testing

@testable import UploadAPI

@Suite struct RouterTests {
    private func outcome(_ method: String, _ path: String) throws -> String {
        let method = try #require(HTTPRequest.Method(method))
        switch TestService().service.router.match(method, try PercentDecoding.segments(ofPath: Array(path.utf8))) {
        case .found(let route, let captures):
            let names = captures.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "|")
            return "\(route.method.rawValue) \(route.template.text) [\(names)]"
        case .methodNotAllowed(let allowed): return "405 \(allowed)"
        case .options(let allowed): return "options \(allowed)"
        case .notFound: return "404"
        }
    }

    @Test(arguments: [
        ("GET", "/", "GET / []"),
        ("HEAD", "/", "GET / []"),
        ("POST", "/", "405 GET, HEAD, OPTIONS"),
        ("GET", "//", "404"),
        ("POST", "/upload-file", "POST /upload-file []"),
        ("GET", "/upload-file", "405 POST, OPTIONS"),
        ("GET", "/upload-file/", "404"),
        ("GET", "/files", "GET /files []"),
        ("POST", "/files", "POST /files []"),
        ("DELETE", "/files", "405 GET, HEAD, POST, OPTIONS"),
        ("GET", "/files/", "GET /files/{directory}/ []"),
        ("POST", "/files/", "POST /files/{directory}/ []"),
        ("POST", "/files/a/b/", "POST /files/{directory}/ [a|b]"),
        ("PUT", "/files/a//", "PUT /files/{directory}/ [a|]"),
        ("PUT", "/files/a%2Fb/c", "PUT /files/{path} [a/b|c]"),
        ("HEAD", "/files/a", "HEAD /files/{path} [a]"),
        ("POST", "/files/a", "405 GET, HEAD, PUT, DELETE, OPTIONS"),
        ("PATCH", "/files/a/", "405 GET, HEAD, POST, PUT, DELETE, OPTIONS"),
        ("BREW", "/files/a", "405 GET, HEAD, PUT, DELETE, OPTIONS"),
        ("OPTIONS", "/files/a", "options GET, HEAD, PUT, DELETE, OPTIONS"),
        ("GET", "/thumbnails/a/b.png", "GET /thumbnails/{path} [a|b.png]"),
        ("GET", "/thumbnails/", "404"),
        ("GET", "/jobs/7", "GET /jobs/{id} [7]"),
        ("GET", "/jobs/", "404"),
        ("POST", "/jobs/7/retry", "POST /jobs/{id}/retry [7]"),
        ("POST", "/jobs/7/retry/", "404"),
        ("POST", "/run-tasks", "POST /run-tasks []"),
        ("GET", "/Files", "404"),
        ("GET", "/%66iles", "GET /files []"),
    ])
    func everyPathHasOneOutcome(method: String, path: String, expected: String) throws {
        #expect(try outcome(method, path) == expected)
    }

    @Test func aBrokenEscapeIsRefused() async {
        for target in ["/files/%", "/files/%4", "/files/%zz", "/files?prefix=%ZZ"] {
            #expect(await TestService().send(.get, target).status == 400, "\(target)")
        }
    }

    @Test func optionsAnswersWithTheMethods() async {
        let reply = await TestService().send(.options, "/files/a")
        #expect(reply.status == 204)
        #expect(reply["Allow"] == "GET, HEAD, PUT, DELETE, OPTIONS")
        #expect(await TestService().send(.options, "*")["Allow"] == "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")
    }

    @Test func anUnknownMethodIsToldTheKnownOnes() async {
        let reply = await TestService().send(.patch, "/files")
        #expect(reply.status == 405)
        #expect(reply["Allow"] == "GET, HEAD, POST, OPTIONS")
        #expect(reply["Content-Type"] == "application/problem+json")
    }
}
