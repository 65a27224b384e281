import Ingest
import Testing

@testable import Access

@Suite struct PathPrefixTests {
    @Test(arguments: [
        ("in/a", "in/a", true), ("in/a", "in/a/b", true), ("in/a/", "in/a/b/c", true), ("in/a", "in/ab", false),
        ("in/a", "in", false), ("in/a", "in/A/b", false), ("in/a", "x/in/a", false), ("a", "b", false),
    ])
    func aPrefixEndsAtASlash(prefix: String, path: String, isCovered: Bool) throws {
        let path = try BucketPath(segments: path.split(separator: "/").map(String.init))
        #expect(try PathPrefix(prefix).covers(path) == isCovered)
    }

    @Test(arguments: ["", "/", "/a", "a//b", "../a", "a/../b", "a/.b", ".", "a\0"])
    func whatNamesNoDirectoryIsRefused(text: String) {
        #expect(throws: IngestError.self) { try PathPrefix(text) }
    }
}
