import Ingest
import IngestTesting
import Jobs
import PostProcessing
import SystemPackage
import Testing
import Threading
import ThumbnailWire

@Suite(.timeLimit(.minutes(1))) struct ThumbnailTaskTests {
    private func task(
        _ fixture: TaskFixture,
        _ renderer: RendererFake,
        sizes: [UInt16] = [256, 1024],
        format: ThumbnailFormat = .webp
    ) -> ThumbnailTask {
        ThumbnailTask(
            ThumbnailTask.Options(sizes: sizes, format: format, workers: 1),
            layout: ThumbnailLayout(
                fixture.directory.file("thumbnails"),
                calls: fixture.calls,
                threads: fixture.threads
            ),
            renderer: renderer,
            calls: fixture.calls,
            threads: fixture.threads
        )
    }

    @Test func anImageGetsAThumbnailOfEachSize() async throws {
        let fixture = try await TaskFixture()
        try fixture.directory.makeDirectory("bucket/sub")
        let record = try fixture.publish(Samples.png, as: "sub/photo.png")
        try await fixture.run(task(fixture, RendererFake()), on: record) { outcome in
            guard case .done(let result, let outputs, _, _) = outcome else {
                Issue.record("not done")
                return
            }
            #expect(result == "webp 256:256x128 1024:1024x512")
            let thumbnails = fixture.directory.file("thumbnails")
            #expect(
                outputs.map(\.destination) == [
                    thumbnails.pushing("256/sub/photo.png.webp"), thumbnails.pushing("1024/sub/photo.png.webp"),
                ]
            )
            try await OutputPlacement(scratch: fixture.scratch).place(outputs)
        }
        let thumbnail = try fixture.directory.read("thumbnails/1024/sub/photo.png.webp")
        #expect(thumbnail == Array("thumbnail 1024".utf8))
        #expect(fixture.directory.names(in: "tmp").isEmpty)
    }

    @Test(arguments: [[], Array("%PDF-1.7".utf8), Array("GIF8".utf8), [UInt8](repeating: 0, count: 100_000)])
    func whatIsNoImageByContentIsDoneWithoutAHelper(content: [UInt8]) async throws {
        let fixture = try await TaskFixture()
        let renderer = RendererFake()
        let record = try fixture.publish(content, as: "photo.jpg")
        let outcome = try await fixture.outcome(of: task(fixture, renderer), on: record)
        #expect(outcome == .done(result: "not applicable"))
        #expect(renderer.calls.withLock { $0 } == 0)
    }

    @Test func whatTheHelperFindsToBeNoImageIsDoneToo() async throws {
        let fixture = try await TaskFixture()
        let record = try fixture.publish(Samples.png)
        let task = task(fixture, RendererFake(.outcome(.notApplicable)))
        #expect(try await fixture.outcome(of: task, on: record) == .done(result: "not applicable"))
        #expect(fixture.directory.names(in: "tmp").isEmpty)
    }

    @Test(
        arguments: [RendererFake.Answer.made, .outcome(.notApplicable), .outcome(.refused(Self.damaged))],
        [true, false]
    )
    func whatAnEarlierGenerationLeftIsObsolete(answer: RendererFake.Answer, isImage: Bool) async throws {
        let fixture = try await TaskFixture()
        let record = try fixture.publish(isImage ? Samples.png : Array("text".utf8), as: "a")
        for place in ["64/a.webp", "256/a.webp", "256/a.jpeg", "256/b.webp"] {
            try fixture.directory.makeDirectory("thumbnails/64")
            try fixture.directory.makeDirectory("thumbnails/256")
            try fixture.directory.write("earlier".utf8, to: "thumbnails/\(place)")
        }
        let outcome = try await fixture.outcome(of: task(fixture, RendererFake(answer), sizes: [256]), on: record)
        let isMade = if case .made = answer { isImage } else { false }
        let places = ["64/a.webp", "256/a.jpeg"] + (isMade ? [] : ["256/a.webp"])
        let expected = places.map { fixture.directory.file("thumbnails/\($0)").string }.sorted()
        switch outcome {
        case .done(let result, let outputs, let obsolete, _):
            #expect(outputs.count == (isMade ? 1 : 0))
            #expect(result == (isMade ? "webp 256:256x128" : "not applicable"))
            #expect(obsolete.map(\.string).sorted() == expected)
        case .refused(let reason, let obsolete):
            #expect(isImage && reason == "It is damaged.")
            #expect(obsolete.map(\.string).sorted() == expected)
        case .corrupt, nil:
            Issue.record("\(String(describing: outcome))")
        }
    }

    private static let damaged = ThumbnailOutcome.Refusal(reason: .damaged, message: "It is damaged.")

    @Test(arguments: [ThumbnailHelperError.Code.crashed, .timedOut, .protocolViolation])
    func aHelperThatDiesIsACrash(code: ThumbnailHelperError.Code) async throws {
        try await expectFailure(.crash, .error(ThumbnailHelperError(code, "It died.")))
    }

    @Test func anImageThatNeedsTooMuchMemoryIsNotTriedAgain() async throws {
        try await expectFailure(.permanent, .error(ThumbnailHelperError(.memory, "It died.")))
    }

    @Test(arguments: [ThumbnailHelperError.Code.unavailable, .failed])
    func aHelperThatIsNotThereIsTriedAgain(code: ThumbnailHelperError.Code) async throws {
        try await expectFailure(.transient, .error(ThumbnailHelperError(code, "It died.")))
    }

    private func expectFailure(_ code: TaskFailure.Code, _ answer: RendererFake.Answer) async throws {
        let fixture = try await TaskFixture()
        let record = try fixture.publish(Samples.png)
        let task = task(fixture, RendererFake(answer))
        await #expect(throws: TaskFailure(code, "It died.")) {
            _ = try await fixture.outcome(of: task, on: record)
        }
        #expect(fixture.directory.names(in: "tmp").isEmpty)
    }
}

@Suite struct ThumbnailResultTests {
    @Test(arguments: [
        ("not applicable", ThumbnailResult.notApplicable),
        ("webp 256:256x171", .made(format: "webp", sizes: [.init(box: 256, width: 256, height: 171)])),
        (
            "jpeg 64:64x1 1024:300x200",
            .made(
                format: "jpeg",
                sizes: [.init(box: 64, width: 64, height: 1), .init(box: 1024, width: 300, height: 200)]
            )
        ),
    ])
    func theTextIsReadAsItIsWritten(text: String, result: ThumbnailResult) {
        #expect(ThumbnailResult(text) == result)
        #expect(result.text == text)
    }

    @Test(arguments: [
        "", "webp", "webp ", "webp 256", "webp 256:256", "webp 256:256x", "webp 256:0x1", "webp -1:1x1",
        "webp 256x256:171", "webp 256:256x171 ", " 256:256x171", "webp 256:256x171x3", "webp 0256:1x1",
    ])
    func otherTextIsNoResult(text: String) {
        #expect(ThumbnailResult(text) == nil)
    }
}
