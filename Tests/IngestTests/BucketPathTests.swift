import Ingest
import SystemPackage
import Testing

@Suite struct BucketPathTests {
    @Test(arguments: [
        [], [""], ["."], [".."], ["a", "..", "b"], [".hidden"], ["a", ".hidden"], ["-rf"], ["a/b"], ["a\\b"],
        ["a\u{0}b"],
        ["a\u{2215}b"], ["name."], ["name "], [" name"], ["CON"], ["lpt1.txt"], ["aux .c"], ["a\u{202E}b"],
        ["a\u{200B}"],
        ["e\u{301}"], ["\u{FFFE}"], [String(repeating: "x", count: 241)],
        Array(repeating: "d", count: 33), Array(repeating: String(repeating: "x", count: 200), count: 6),
    ])
    func unsafePathsAreRefused(segments: [String]) {
        #expect {
            try BucketPath(segments: segments)
        } throws: { error in
            (error as? IngestError)?.code == .invalidName
        }
    }

    @Test func aDecomposedNameIsToldItsComposedForm() {
        #expect {
            try BucketPath(segments: ["Cafe\u{301}.txt"])
        } throws: { error in
            (error as? IngestError)?.message.unicodeScalars.contains("\u{E9}") == true
        }
    }

    @Test func partsComeApart() throws {
        let path = try BucketPath(segments: ["a", "b c", "ü%.txt"])
        #expect(path.description == "a/b c/ü%.txt")
        #expect(path.directory?.description == "a/b c")
        #expect(String(decoding: path.lastComponent, as: UTF8.self) == "ü%.txt")
        #expect(path.percentEncoded == "a/b%20c/%C3%BC%25.txt")
        #expect(path.components.map(\.string) == ["a", "b c", "ü%.txt"])
    }

    @Test func lookUpsSeeNoHiddenNames() {
        #expect(BucketPath(lookingUp: [Array("a".utf8), Array(".git".utf8)]) == nil)
        #expect(BucketPath(lookingUp: [[]]) == nil)
        #expect(BucketPath(lookingUp: [[0xFF, 0x41]])?.percentEncoded == "%FFA")
    }

    @Test func pathsSortByBytes() throws {
        let names = ["b", "a", "a-", "a/x", "Z"].map { BucketPath(recorded: Array($0.utf8)) }
        #expect(names.sorted().map(\.description) == ["Z", "a", "a-", "a/x", "b"])
    }

    @Test func uploadIdentifiersAreStrict() throws {
        let id = UploadID.random()
        #expect(UploadID(id.rawValue) == id)
        #expect(UploadID.random() != id)
        #expect(UploadID("../../../../etc/passwd0000000000") == nil)
        #expect(UploadID(id.rawValue.uppercased() + "G") == nil)
    }
}
