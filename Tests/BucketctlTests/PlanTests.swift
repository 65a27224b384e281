import Glibc
import IngestTesting
import SystemPackage
import Testing

@testable import bucketctl

@Suite struct PlanTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        try directory.makeDirectory("photos/2026/empty")
        for (name, text) in [("photos/b.jpg", "bb"), ("photos/2026/a.jpg", "a"), ("one.txt", "111")] {
            try directory.write(text.utf8, to: name)
        }
    }

    private func path(_ name: String) -> String { directory.file(name).string }

    private func names(_ sources: [String], to: String? = nil) throws -> [String] {
        let plan = try UploadPlan(sources, to: to)
        #expect(plan.failures.isEmpty && plan.skipped.isEmpty)
        return plan.items.map(\.name)
    }

    @Test func namesComeFromFilesFoldersAndTheDirectory() throws {
        #expect(try names([path("one.txt")]) == ["one.txt"])
        #expect(try names([path("one.txt")], to: "in/a/") == ["in/a/one.txt"])
        #expect(try names([path("one.txt")], to: "in/other.txt") == ["in/other.txt"])
        #expect(try names([path("photos")]) == ["photos/b.jpg", "photos/2026/a.jpg"])
        #expect(try names([path("photos/")], to: "in/") == ["in/photos/b.jpg", "in/photos/2026/a.jpg"])
        #expect(try names([path("photos/.")], to: "in/") == ["in/b.jpg", "in/2026/a.jpg"])
        #expect(try names(["-"], to: "log") == ["log"])
        #expect(try UploadPlan([path("photos")], to: nil).size == 3)
    }

    @Test(
        arguments: [
            (["photos", "one.txt"], "name", "go into a directory"), (["photos"], "name", "go into a directory"),
            (["-"], nil, "give it one by --to"), (["-"], "in/", "give it one by --to in/NAME"),
            (["photos/b.jpg", "photos/../photos/b.jpg"], nil, "would both be stored as b.jpg"),
        ] as [([String], String?, String)]
    )
    func whatDoesNotGoTogetherIsRefused(sources: [String], to: String?, reason: String) throws {
        let sources = sources.map { $0 == "-" ? $0 : path($0) }
        let error = #expect(throws: ClientError.self) { try UploadPlan(sources, to: to) }
        #expect(error?.code == .usage && error?.message.contains(reason) == true, "\(String(describing: error))")
    }

    @Test func whatIsNoFileIsToldAndTheRestGoes() throws {
        try #require(symlink("../one.txt", path("photos/link")) == 0)
        try #require(symlink("/", path("photos/root")) == 0)
        try #require(mkfifo(path("photos/pipe"), 0o600) == 0)
        try directory.write([], to: "photos/.hidden")
        try directory.write([], to: "photos/de\u{301}ja")
        let plan = try UploadPlan([path("photos"), path("missing"), path("photos/pipe")], to: nil)
        #expect(plan.items.map(\.name) == ["photos/b.jpg", "photos/2026/a.jpg"])
        #expect(plan.skipped.map(\.kind).sorted() == ["a pipe", "a symbolic link", "a symbolic link"])
        let failures = Dictionary(uniqueKeysWithValues: plan.failures.map { ($0.source, $0.error.message) })
        #expect(failures.count == 4)
        #expect(failures[path("missing")] == "No such file or directory")
        #expect(failures[path("photos/pipe")]?.contains("a pipe") == true)
        #expect(failures[path("photos/.hidden")]?.contains("dot") == true)
        #expect(failures[path("photos/de\u{301}ja")]?.contains("NFC") == true)
        // A link that the user names is meant.
        #expect(try names([path("photos/link")]).isEmpty == false)
    }

    @Test func namesThatAreNotTextAreTold() throws {
        let name = FilePath(platformString: [CInterop.PlatformChar(bitPattern: 0xFF), 0])
        let file = try FileDescriptor.open(
            directory.file("photos").appending(name.components),
            .writeOnly,
            options: [.create, .closeOnExec],
            permissions: .ownerReadWrite
        )
        try file.close()
        let plan = try UploadPlan([path("photos")], to: nil)
        #expect(plan.items.count == 2 && plan.failures.map(\.error.message) == ["Its name is not UTF-8."])
    }

    @Test(arguments: ["../x", "a//b", "/a", "a/./b", "a/../b", "", "."])
    func aServersNameLeadsNowhereElse(name: String) {
        #expect(throws: ClientError.self) { try TargetFolder.components(of: name) }
    }
}
