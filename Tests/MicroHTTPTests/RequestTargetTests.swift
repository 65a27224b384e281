import MicroHTTP
import Testing

@Suite struct RequestTargetTests {
    @Test(arguments: ["/", "/a%20b/%C3%A9", "//a/", "/%2e%2E/%252e", "/good%00.png", "/a%2Fb", "/%ff%", "/a+b"])
    func thePathIsLeftAsItCame(path: String) {
        #expect(RequestTarget(path + "?x=%00").path == path)
        #expect(RequestTarget("HTTPS://h:1" + path).pathBytes == Array(path.utf8))
    }

    @Test(arguments: ["http://h", "http://h?q"])
    func anAbsoluteTargetWithoutAPathNamesTheRoot(target: String) {
        #expect(RequestTarget(target).path == "/")
    }

    @Test(arguments: [
        ("%", RequestTargetError.badEscape), ("%2", .badEscape), ("%zz", .badEscape), ("%00", .nulByte),
        ("%ff", .notUTF8), ("%c0%ae", .notUTF8), ("%ed%a0%80", .notUTF8),
    ])
    func aQueryThatSaysNothingSaysWhy(value: String, reason: RequestTargetError) {
        #expect(throws: reason) { try RequestTarget("/?a=\(value)").query() }
        #expect(throws: reason) { try RequestTarget("/?\(value)").query() }
    }

    @Test func theQueryIsDecoded() throws {
        let query = try RequestTarget("/f?a=b&c=d+e%2B&flag&=x&&a=%C3%A9=1").query()
        #expect(query.map(\.name) == ["a", "c", "flag", "", "a"])
        #expect(query.map(\.value) == ["b", "d e+", "", "x", "\u{E9}=1"])
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
