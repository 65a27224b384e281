import PostProcessing
import SystemPackage
import Testing
import ThumbnailWire

extension BuiltHelperTests {
    /// Nothing here may harm the helper: after each, a good image is rendered by the same one.
    @Suite struct HostileImageTests {
        @Test(
            .timeLimit(.minutes(1)),
            arguments: [
                "a.jpg", "a.jpg[interlace]", "a.png", "a.png[interlace]", "a.webp", "a.tif", "a.gif", "a.avif",
                "a.heic",
            ]
        )
        func anImageCutInHalfIsDamaged(name: String) async throws {
            try await Rendering.with { rendering in
                let whole = try rendering.scratch.read(
                    try await rendering.scratch.encodeNoise(300, 200, as: name)
                )
                let path = try rendering.scratch.write(Array(whole.prefix(whole.count / 2)), to: "half")
                let outcome = try await rendering.render(path).outcome
                #expect(outcome.reason == .damaged, "\(outcome)")
                try await rendering.expectGoodImageRenders()
                #expect(rendering.starts.pids.count == 1)
            }
        }

        @Test(.timeLimit(.minutes(1)), arguments: ["jpg", "png", "webp", "gif", "tif", "avif", "heic"])
        func noiseInTheMiddleOfAnImageEndsNothingButItself(type: String) async throws {
            try await Rendering.with { rendering in
                var bytes = try rendering.scratch.read(
                    try await rendering.scratch.encodeNoise(120, 80, as: "a.\(type)")
                )
                var generator = SystemRandomNumberGenerator()
                for round in 0..<12 {
                    for _ in 0..<10 {
                        let low = round.isMultiple(of: 2) ? 16 : min(16, bytes.count - 1)
                        let high = round.isMultiple(of: 2) ? bytes.count : min(600, bytes.count)
                        bytes[Int.random(in: low..<high, using: &generator)] = .random(in: 0...255, using: &generator)
                    }
                    let path = try rendering.scratch.write(bytes, to: "noisy-\(round)")
                    do {
                        _ = try await rendering.render(path)
                    } catch let error as ThumbnailHelperError {
                        #expect([.crashed, .memory, .timedOut].contains(error.code), "\(error)")
                        #expect(error.signal != 31, "\(error)")
                    }
                }
                try await rendering.expectGoodImageRenders()
                #expect(rendering.starts.pids.count == 1)
            }
        }

        @Test(
            .timeLimit(.minutes(1)),
            arguments: [
                ("empty.png", ""),
                ("drawing.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\"><rect/></svg>"),
                ("paper.pdf", "%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"),
                (
                    "tragick.jpg",
                    "push graphic-context\nimage over 0,0 0,0 'ephemeral:/etc/passwd'\npop graphic-context\n"
                ),
                (
                    "tragick.mvg",
                    "push graphic-context\nfill 'url(https://127.0.0.1/\"|touch /tmp/x\")'\npop graphic-context"
                ),
                ("plain.jpeg", "just text"),
            ]
        )
        func whatIsNoImageIsNotApplicable(name: String, content: String) async throws {
            try await Rendering.with { rendering in
                let path = try rendering.scratch.write(Array(content.utf8), to: name)
                #expect(try await rendering.render(path).outcome == .notApplicable)
                try await rendering.expectGoodImageRenders()
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func randomBytesNamedJPEGAreNotApplicable() async throws {
            try await Rendering.with { rendering in
                let path = try rendering.scratch.write(
                    [0x17] + (0..<5000).map { _ in .random(in: 0...255) },
                    to: "random.jpg"
                )
                #expect(try await rendering.render(path).outcome == .notApplicable)
            }
        }

        @Test(.timeLimit(.minutes(2)))
        func aBombIsRefusedByItsHeader() async throws {
            try await Rendering.with { rendering in
                try await rendering.scratch.vips("black", "bomb.png[bitdepth=1]", "30000", "30000")
                let path = rendering.scratch.directory.appending("bomb.png")
                let refused = try await rendering.render(path).outcome
                #expect(refused.reason == .tooLarge)
                try await rendering.expectGoodImageRenders()
            }
        }

        @Test(.timeLimit(.minutes(1)), arguments: [(50_000, 50_000), (200_000, 100), (1, 100_001)])
        func aHeaderThatLiesIsRefused(width: UInt32, height: UInt32) async throws {
            try await Rendering.with { rendering in
                let plain = try rendering.scratch.read(try await rendering.scratch.encode(.marked(), as: "a.png"))
                let path = try rendering.scratch.write(
                    PNGChunks.resized(plain, width: width, height: height),
                    to: "lie.png"
                )
                let outcome = try await rendering.render(path).outcome
                #expect(outcome.reason == .tooLarge, "\(outcome)")
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func aTextChunkThatNamesAFileBringsNothingOfIt() async throws {
            try await Rendering.with { rendering in
                let plain = try rendering.scratch.read(try await rendering.scratch.encode(.marked(), as: "a.png"))
                let chunk = PNGChunks.chunk("tEXt", Array("profile".utf8) + [0] + Array("/etc/passwd".utf8))
                let path = try rendering.scratch.write(PNGChunks.insert(chunk, into: plain), to: "profile.png")
                let (outcome, thumbnails) = try await rendering.render(path)
                #expect(outcome.isRendered)
                for secret in ["root:", "passwd"] {
                    #expect(!thumbnails[0].indices.contains { thumbnails[0][$0...].starts(with: secret.utf8) })
                }
            }
        }

        @Test(
            .timeLimit(.minutes(1)),
            arguments: [
                "a.jpg", "a.jpg[interlace]", "a.png[interlace]", "a.webp", "a.gif", "a.tif", "a.avif", "a.heic",
            ]
        )
        func anImageForWhichMemoryIsShortIsAMemoryError(name: String) async throws {
            let configure = { (options: inout ThumbnailHelperOptions) in options.memory = 1 << 20 }
            try await Rendering.with(configure: configure) { rendering in
                let path = try await rendering.scratch.encodeNoise(900, 600, as: name)
                let error = await #expect(throws: ThumbnailHelperError.self) { try await rendering.render(path) }
                #expect(error?.code == .memory, "\(String(describing: error))")
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func anImageThatTakesTooLongIsATimeout() async throws {
            try await Rendering.with {
                $0.deadline = .milliseconds(1)
            } _: { rendering in
                let path = try await rendering.scratch.encodeNoise(1500, 1000, as: "slow.jpg[interlace]")
                let error = await #expect(throws: ThumbnailHelperError.self) { try await rendering.render(path) }
                #expect(error?.code == .timedOut)
            }
        }
    }
}
