import PostProcessing
import SystemPackage
import Testing
import ThumbnailWire

extension BuiltHelperTests {
    @Suite struct OrientationTests {
        @Test(.timeLimit(.minutes(1)), arguments: 1...8, ThumbnailFormat.allCases)
        func photographsAreRightWayUpAndTellNothing(orientation: Int, format: ThumbnailFormat) async throws {
            try await Rendering.with { rendering in
                let scratch = rendering.scratch
                let stored = Raster.marked().stored(orientation: orientation)
                let plain = try scratch.read(try await scratch.encode(stored, as: "plain.jpg[Q=95,profile=srgb]"))
                let path = try scratch.write(ExifSegment.insert(into: plain, orientation: orientation), to: "photo.jpg")
                let (outcome, thumbnails) = try await rendering.render(path, format: format)
                #expect(outcome.isRendered)
                let seen = try await scratch.pixels(of: thumbnails[0])
                #expect((seen.width, seen.height) == (40, 30))
                #expect(seen.seenCorners.areMarked)
                #expect(Self.metadata(in: thumbnails[0], format).isEmpty)
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func theCheckForMetadataSeesIt() async throws {
            let scratch = try Scratch()
            let plain = try scratch.read(try await scratch.encode(.marked(), as: "plain.jpg[profile=srgb]"))
            try scratch.write(ExifSegment.insert(into: plain, orientation: 1), to: "photo.jpg")
            try await scratch.vips("copy", "photo.jpg", "photo.webp")
            let webp = try scratch.read(scratch.directory.appending("photo.webp"))
            #expect(Self.metadata(in: webp, .webp).contains("EXIF"))
            let jpeg = try scratch.read(scratch.directory.appending("photo.jpg"))
            #expect(Self.metadata(in: jpeg, .jpeg).contains(ExifSegment.secret))
        }

        private static func metadata(in thumbnail: [UInt8], _ format: ThumbnailFormat) -> [String] {
            let names =
                switch format {
                case .webp: ["EXIF", "ICCP", "XMP "]
                case .jpeg: ["Exif", "ICC_PROFILE", "http://ns.adobe.com"]
                }
            return (names + [ExifSegment.secret]).filter { name in
                thumbnail.indices.contains { thumbnail[$0...].starts(with: name.utf8) }
            }
        }
    }
}
