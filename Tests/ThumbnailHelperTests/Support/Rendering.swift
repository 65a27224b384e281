import Logging
import PostProcessing
import SystemPackage
import Testing
import ThumbnailWire

/// A pool of helpers for one test, and what it makes.
struct Rendering {
    let helpers: ThumbnailHelpers
    let starts = StartLog()
    let scratch: Scratch

    init(_ scratch: Scratch, configure: (inout ThumbnailHelperOptions) -> Void = { _ in }) throws {
        self.scratch = scratch
        var options = ThumbnailHelperOptions(path: try BuiltHelper.path(), workers: 1)
        configure(&options)
        helpers = ThumbnailHelpers(options, logger: starts.logger)
    }

    /// Runs `body` with a pool that is shut down afterwards.
    static func with<Result>(
        configure: (inout ThumbnailHelperOptions) -> Void = { _ in },
        _ body: (Rendering) async throws -> Result
    ) async throws -> Result {
        let rendering = try Rendering(Scratch(), configure: configure)
        do {
            let result = try await body(rendering)
            await rendering.helpers.shutdown()
            return result
        } catch {
            await rendering.helpers.shutdown()
            throw error
        }
    }

    /// Thumbnails of the file at `path`, and their bytes.
    func render(
        _ path: FilePath,
        boxes: [UInt16] = [40],
        format: ThumbnailFormat = .webp,
        maxPixels: UInt64 = 100_000_000
    ) async throws -> (outcome: ThumbnailOutcome, thumbnails: [[UInt8]]) {
        let source = try FileDescriptor.open(path, .readOnly)
        var targets: [ThumbnailTarget] = []
        defer {
            for file in targets.map(\.file) + [source] {
                #expect(throws: Never.self) { try file.close() }
            }
        }
        for box in boxes {
            let file = try FileDescriptor.open(
                scratch.directory.appending("out-\(box)-\(UInt64.random(in: 0 ... .max))"),
                .readWrite,
                options: [.create, .exclusiveCreate],
                permissions: .ownerReadWrite
            )
            targets.append(ThumbnailTarget(box: box, file: file))
        }
        let outcome = try await helpers.render(source: source, targets: targets, format: format, maxPixels: maxPixels)
        return (outcome, try targets.map { try $0.file.contents() })
    }

    /// What must work after everything bad.
    func expectGoodImageRenders() async throws {
        let path = try await scratch.encode(.marked(), as: "good.jpg")
        let (outcome, thumbnails) = try await render(path)
        #expect(outcome.isRendered)
        #expect(try await scratch.pixels(of: thumbnails[0]).seenCorners.areMarked)
    }
}

extension ThumbnailOutcome {
    var isRendered: Bool {
        if case .rendered = self { true } else { false }
    }

    var reason: Refusal.Reason? {
        if case .refused(let refusal) = self { refusal.reason } else { nil }
    }
}

extension [Raster.Colour] {
    /// Whether these are the corners of `Raster.marked`, the right way up.
    var areMarked: Bool {
        count == 4 && zip(self, Raster.corners).allSatisfy { $0.isNear($1) }
    }
}
