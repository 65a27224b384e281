import MicroHTTP
import Testing

@Suite struct RequestTargetTests {
    @Test(arguments: [
        ("/", [""]),
        ("/a/b", ["a", "b"]),
        ("/a/", ["a", ""]),
        ("//a", ["", "a"]),
        ("/a%20b/%C3%A9?x=%00", ["a b", "\u{E9}"]),
        ("/\u{E9}", ["\u{E9}"]),
        ("/a+b", ["a+b"]),
        ("/%2e%2E/%252e", ["..", "%2e"]),
        ("http://h:1/a/b?c", ["a", "b"]),
        ("HTTPS://h", [""]),
        ("http://h?q", [""]),
    ])
    func thePathIsDecodedOnce(raw: String, segments: [String]) throws {
        #expect(try RequestTarget(raw).segments() == segments)
    }

    @Test(arguments: [
        ("/a%", RequestTargetError.badEscape), ("/%2", .badEscape), ("/%zz", .badEscape), ("/%0", .badEscape),
        ("/good%00.png", .nulByte), ("/a%2Fb", .slashInSegment), ("/..%2f..%2fetc", .slashInSegment),
        ("/%ff", .notUTF8), ("/%c0%ae", .notUTF8), ("/%ed%a0%80", .notUTF8),
    ])
    func aPathThatNamesNothingSaysWhy(raw: String, reason: RequestTargetError) {
        #expect(throws: reason) { try RequestTarget(raw).segments() }
    }

    @Test func theQueryIsDecoded() throws {
        let query = try RequestTarget("/f?a=b&c=d+e%2B&flag&=x&&a=%C3%A9=1").query()
        #expect(query.map(\.name) == ["a", "c", "flag", "", "a"])
        #expect(query.map(\.value) == ["b", "d e+", "", "x", "\u{E9}=1"])
        #expect(throws: RequestTargetError.nulByte) { try RequestTarget("/?a=%00").query() }
        #expect(throws: RequestTargetError.badEscape) { try RequestTarget("/?a=%").query() }
    }

    @Test func theFormsAreTold() {
        #expect(RequestTarget("/a").form == .origin)
        #expect(RequestTarget("*").form == .asterisk)
        #expect(RequestTarget("h:1").form == .authority)
        let absolute = RequestTarget("http://h:1/a?b")
        #expect(absolute.form == .absolute)
        #expect(absolute.authority == "h:1")
        #expect(absolute.path == "/a")
        #expect(absolute.raw == "http://h:1/a?b")
    }
}
