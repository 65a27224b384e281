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

    /// What is skipped when it is found is not followed later either.
    @Test(arguments: ["photos/2026", "photos"]) func aFolderThatBecomesALinkLeadsNowhereElse(folder: String) throws {
        try directory.makeDirectory("other/2026")
        for name in ["other/a.jpg", "other/2026/a.jpg"] { try directory.write("secret".utf8, to: name) }
        let plan = try UploadPlan([path("photos")], to: nil)
        let item = try #require(plan.items.first { $0.name == "photos/2026/a.jpg" })
        try #require(rename(path(folder), path("moved")) == 0)
        try #require(symlink(path("other"), path(folder)) == 0)
        if folder == "photos" {
            #expect(try SourceFile(item.source)?.bytes() == Array("a".utf8))
        } else {
            #expect(throws: ClientError.self) { try SourceFile(item.source) }
        }
    }

    /// A slash and the mark behind it are one Character.
    @Test func slashesAreBytes() throws {
        #expect(try DestinationNames.checked("a/\u{301}b") == "a/\u{301}b")
        #expect(throws: ClientError.self) { try DestinationNames.checked("../\u{301}evil") }
        #expect(throws: ClientError.self) { try TargetFolder.components(of: "../\u{301}evil") }
        #expect(try TargetFolder.components(of: "a/\u{301}b") == ["a", "\u{301}b"])
    }

    @Test func pathsOfOneNameAreRefused() throws {
        try GetCommand.requireDifferentNames(["a/x", "b/y", "a/\u{E9}", "a/e\u{301}"])
        for paths in [["a/x", "b/x"], ["x", "a/x/"]] {
            let error = #expect(throws: ClientError.self) { try GetCommand.requireDifferentNames(paths) }
            #expect(error?.code == .usage && error?.message.contains("would both become x") == true)
        }
    }

    /// The user's own path: links in it are meant, and what is above it need not be readable.
    @Test func foldersAreMadeBelowWhateverThePathLeadsThrough() throws {
        try directory.makeDirectory("real")
        try #require(symlink("real", path("link")) == 0)
        let place = try DownloadPlace(path("link/2026/07") + "/", isForOneFile: false)
        #expect(place.name == nil && directory.isDirectory("real/2026/07"))
        let error = #expect(throws: ClientError.self) {
            try DownloadPlace(path("one.txt/2026") + "/", isForOneFile: false)
        }
        #expect(error?.code == .local && error?.message.contains("one.txt: ") == true)
    }

    @Test(arguments: ["../x", "a//b", "/a", "a/./b", "a/../b", "", ".", ".profile", "a/.ssh/b", "a/.\u{301}b"])
    func aServersNameLeadsNowhereElse(name: String) {
        #expect(throws: ClientError.self) { try TargetFolder.components(of: name) }
    }
}
