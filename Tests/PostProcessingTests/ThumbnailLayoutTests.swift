import Ingest
import IngestTesting
import PostProcessing
import SystemPackage
import Testing
import Threading
import ThumbnailWire

@Suite(.timeLimit(.minutes(1))) struct ThumbnailLayoutTests {
    private let directory: TemporaryDirectory
    private let layout: ThumbnailLayout

    init() throws {
        directory = try TemporaryDirectory()
        layout = ThumbnailLayout(
            directory.file("thumbnails"),
            calls: PlainFileCalls(),
            threads: BlockingThreads(name: "layout-test", count: 1)
        )
    }

    private func path(_ text: String) -> BucketPath { BucketPath(recorded: Array(text.utf8)) }

    @Test func aThumbnailMirrorsItsFilesPath() {
        let place = layout.path(of: path("a/b c/photo.png"), size: 256, format: .jpeg)
        #expect(place == directory.file("thumbnails/256/a/b c/photo.png.jpeg"))
    }

    @Test(arguments: [240, 250, 251, 255])
    func namesStayWithinWhatTheFilesystemTakes(length: Int) throws {
        let name = String(repeating: "n", count: length)
        let place = try #require(layout.path(of: path("d/\(name)"), size: 64, format: .webp).lastComponent)
        #expect(place.string.utf8.count <= 255)
        #expect(place.extension == "webp")
        #expect((place.stem == name) == (length <= 250))
    }

    @Test func cutNamesStayApart() {
        let stem = String(repeating: "n", count: 254)
        let places = ["a", "b"].map { layout.path(of: path(stem + $0), size: 64, format: .webp) }
        #expect(places[0] != places[1])
    }

    @Test func removalTakesEverySizeAndFormatAndEmptyDirectoriesAndNothingElse() async throws {
        for place in ["64/a/b", "256/a/b", "other/a/b"] {
            try directory.makeDirectory("thumbnails/\(place)")
        }
        for place in ["64/a/b/p.png.webp", "64/a/b/p.png.jpeg", "256/a/b/p.png.webp", "other/a/b/p.png.webp"] {
            try directory.write("x".utf8, to: "thumbnails/\(place)")
        }
        try directory.write("x".utf8, to: "thumbnails/256/a/q.png.webp")
        try await layout.remove(path("a/b/p.png"))
        #expect(directory.names(in: "thumbnails/64").isEmpty)
        #expect(directory.names(in: "thumbnails/256/a") == ["q.png.webp"])
        #expect(directory.exists("thumbnails/other/a/b/p.png.webp"))
    }

    @Test func directoriesLeftEmptyGoThoughTheThumbnailWentBefore() async throws {
        try directory.makeDirectory("thumbnails/64/a/b")
        try directory.makeDirectory("thumbnails/256/a")
        try await layout.remove(path("a/b/p.png"))
        #expect(directory.names(in: "thumbnails/64").isEmpty && directory.names(in: "thumbnails/256").isEmpty)
    }

    @Test func removalOfWhatIsNotThereIsNoError() async throws {
        try await layout.remove(path("a/b/p.png"))
        try directory.makeDirectory("thumbnails/64")
        try await layout.remove(path("a/b/p.png"))
        #expect(directory.names(in: "thumbnails") == ["64"])
    }
}
