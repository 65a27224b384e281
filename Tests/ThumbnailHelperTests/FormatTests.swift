import PostProcessing
import SystemPackage
import Testing
import ThumbnailWire

extension BuiltHelperTests {
    @Suite struct FormatTests {
        @Test(
            .timeLimit(.minutes(1)),
            arguments: [
                ("a.jpg[Q=90,profile=srgb]", ImageFormat.jpeg), ("progressive.jpg[interlace]", .jpeg), ("a.png", .png),
                ("interlaced.png[interlace]", .png), ("a.webp", .webp), ("lossless.webp[lossless]", .webp),
                ("a.gif", .gif),
                ("a.tif", .tiff), ("lzw.tif[compression=lzw]", .tiff), ("jpeg.tif[compression=jpeg]", .tiff),
                ("tiles.tif[tile,pyramid,compression=deflate]", .tiff), ("a.avif", .avif), ("a.heic", .heic),
            ]
        )
        func everyFormatIsRenderedInItsRightSize(name: String, format: ImageFormat) async throws {
            try await Rendering.with { rendering in
                let path = try await rendering.scratch.encode(.marked(), as: name)
                let (outcome, thumbnails) = try await rendering.render(path)
                let pages: UInt32 = name.contains("pyramid") ? 2 : 1
                guard case .rendered(let outputs, let source) = outcome else {
                    Issue.record("\(outcome)")
                    return
                }
                #expect(source == SourceImage(format: format, width: 160, height: 120, pages: source.pages))
                #expect(source.pages <= pages)
                #expect(outputs == [ThumbnailOutput(width: 40, height: 30, size: UInt32(thumbnails[0].count))])
                let seen = try await rendering.scratch.pixels(of: thumbnails[0])
                #expect((seen.width, seen.height) == (40, 30))
                #expect(seen.seenCorners.areMarked)
            }
        }

        @Test(.timeLimit(.minutes(1)), arguments: ThumbnailFormat.allCases)
        func sixteenBitsAndGreyBecomeEightBitColour(format: ThumbnailFormat) async throws {
            try await Rendering.with { rendering in
                let scratch = rendering.scratch
                try scratch.write(Raster.marked().ppm, to: "base.ppm")
                try await scratch.vips("colourspace", "base.ppm", "deep.png", "rgb16")
                try await scratch.vips("colourspace", "base.ppm", "grey.png", "b-w")
                let deep = try await rendering.render(scratch.directory.appending("deep.png"), format: format)
                #expect(try await scratch.pixels(of: deep.thumbnails[0]).seenCorners.areMarked)
                let grey = try await rendering.render(scratch.directory.appending("grey.png"), format: format)
                let corner = try await scratch.pixels(of: grey.thumbnails[0]).seenCorners[0]
                #expect(corner.red == corner.green && corner.green == corner.blue)
            }
        }

        @Test(.timeLimit(.minutes(1)), arguments: ["p3", "cmyk"])
        func coloursOfOtherProfilesBecomeThoseOfScreens(profile: String) async throws {
            try await Rendering.with { rendering in
                let scratch = rendering.scratch
                try scratch.write(Raster.marked().ppm, to: "base.ppm")
                let from = ["--input-profile", "srgb"]
                try await scratch.vips("icc_transform", "base.ppm", "other.jpg[Q=95]", profile, from[0], from[1])
                let rendered = try await rendering.render(scratch.directory.appending("other.jpg"), format: .jpeg)
                let seen = try await scratch.pixels(of: rendered.thumbnails[0]).seenCorners
                if profile == "p3" {
                    #expect(seen.areMarked)
                } else {
                    // Ink is duller than light; each corner still is what it was first of all.
                    #expect(seen[0].red > seen[0].green && seen[0].red > seen[0].blue)
                    #expect(seen[1].green > seen[1].red && seen[1].green > seen[1].blue)
                    #expect(seen[2].blue > seen[2].red && seen[2].blue > seen[2].green)
                }
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func transparencyIsKeptInWebPAndWhiteInJPEG() async throws {
            try await Rendering.with { rendering in
                let scratch = rendering.scratch
                try scratch.write(Raster.marked().ppm, to: "base.ppm")
                try await scratch.vips("bandjoin_const", "base.ppm", "clear.png", "0")
                let path = scratch.directory.appending("clear.png")
                let jpeg = try await rendering.render(path, format: .jpeg)
                let white = Raster.Colour(red: 255, green: 255, blue: 255)
                #expect(try await scratch.pixels(of: jpeg.thumbnails[0]).seenCorners.allSatisfy { $0.isNear(white) })
                let webp = try await rendering.render(path)
                try scratch.write(webp.thumbnails[0], to: "clear.webp")
                try await scratch.vips("extract_band", "clear.webp", "alpha.ppm", "3", "--n", "1")
                // A grey Netpbm file (P5): its last byte is the last pixel's alpha.
                #expect(try scratch.read(scratch.directory.appending("alpha.ppm")).last == 0)
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func ofAnAnimationTheFirstFrameIsTaken() async throws {
            try await Rendering.with { rendering in
                let other = Raster(width: 160, height: 120) { _, _ in Raster.Colour(red: 0, green: 0, blue: 0) }
                let path = try await rendering.scratch.encode(
                    Raster.marked().above(other).above(other),
                    as: "moving.gif[page-height=120]"
                )
                let (outcome, thumbnails) = try await rendering.render(path)
                guard case .rendered(_, let source) = outcome else {
                    Issue.record("\(outcome)")
                    return
                }
                #expect(source == SourceImage(format: .gif, width: 160, height: 120, pages: 3))
                #expect(try await rendering.scratch.pixels(of: thumbnails[0]).seenCorners.areMarked)
                // The limit is of what is decoded.
                #expect(try await rendering.render(path, maxPixels: 160 * 120).outcome.isRendered)
                #expect(try await rendering.render(path, maxPixels: 160 * 120 - 1).outcome.reason == .tooLarge)
            }
        }

        @Test(
            .timeLimit(.minutes(1)),
            arguments: [("long.gif", ImageFormat.gif), ("long.webp", .webp), ("long.tif", .tiff)]
        )
        func anAnimationMayHaveAnyNumberOfFrames(name: String, format: ImageFormat) async throws {
            try await Rendering.with { rendering in
                // Frames that differ, as an encoder makes one of equal ones.
                let others = Raster(width: 80, height: 60 * 199) { x, y in
                    Raster.Colour(red: UInt8(y / 60), green: x < y / 60 ? 255 : 0, blue: 0)
                }
                let path = try await rendering.scratch.encode(
                    Raster.marked(width: 80, height: 60).above(others),
                    as: "\(name)[page-height=60]"
                )
                let (outcome, thumbnails) = try await rendering.render(path, maxPixels: 80 * 60)
                guard case .rendered(_, let source) = outcome else {
                    Issue.record("\(outcome)")
                    return
                }
                #expect(source.format == format && (source.width, source.height) == (80, 60))
                #expect(source.pages > 64)
                #expect(try await rendering.scratch.pixels(of: thumbnails[0]).seenCorners.areMarked)
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func severalSizesComeInTheOrderAskedForAndNothingIsEnlarged() async throws {
            try await Rendering.with { rendering in
                let path = try await rendering.scratch.encode(.marked(), as: "a.png")
                let boxes: [UInt16] = [32, 1024, 80]
                let (outcome, thumbnails) = try await rendering.render(path, boxes: boxes, format: .jpeg)
                guard case .rendered(let outputs, _) = outcome else {
                    Issue.record("\(outcome)")
                    return
                }
                #expect(outputs.map(\.width) == [32, 160, 80])
                #expect(outputs.map(\.height) == [24, 120, 60])
                for (index, thumbnail) in thumbnails.enumerated() {
                    let seen = try await rendering.scratch.pixels(of: thumbnail, name: "size-\(index)")
                    #expect(seen.width == Int(outputs[index].width))
                    #expect(seen.seenCorners.areMarked)
                }
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func aFileWhoseNameIsGoneIsStillRendered() async throws {
            try await Rendering.with { rendering in
                let path = try await rendering.scratch.encode(.marked(), as: "gone.heic")
                let source = try FileDescriptor.open(path, .readOnly)
                let output = try FileDescriptor.open(
                    rendering.scratch.directory.appending("out"),
                    .readWrite,
                    options: .create,
                    permissions: .ownerReadWrite
                )
                try rendering.scratch.remove("gone.heic")
                try source.seek(offset: 17, from: .start)
                let outcome = try await rendering.helpers.render(
                    source: source,
                    targets: [ThumbnailTarget(box: 100, file: output)],
                    format: .webp,
                    maxPixels: 1_000_000
                )
                #expect(outcome.isRendered)
                try source.close()
                try output.close()
            }
        }
    }
}
