import PostProcessing
import SystemPackage
import Threading
import ThumbnailWire

/// Writes what a test says instead of decoding anything.
struct RendererFake: ThumbnailRendering {
    enum Answer: Sendable {
        case made
        case outcome(ThumbnailOutcome)
        case error(ThumbnailHelperError)
        /// Writes a part, then waits until it is cancelled.
        case hang
    }

    let answer: Answer
    let calls = Locked(0)
    let began: @Sendable () -> Void

    init(_ answer: Answer = .made, began: @escaping @Sendable () -> Void = {}) {
        self.answer = answer
        self.began = began
    }

    func render(
        source: FileDescriptor,
        targets: [ThumbnailTarget],
        format: ThumbnailFormat,
        maxPixels: UInt64
    ) async throws -> ThumbnailOutcome {
        calls.withLock { $0 += 1 }
        for target in targets {
            try target.file.writeAll("thumbnail \(target.box)".utf8)
        }
        began()
        switch answer {
        case .made:
            let image = SourceImage(format: .png, width: 3000, height: 2000, pages: 1)
            return .rendered(
                targets.map { ThumbnailOutput(width: $0.box, height: $0.box / 2, size: 13) },
                from: image
            )
        case .outcome(let outcome):
            return outcome
        case .error(let error):
            throw error
        case .hang:
            try await Task.sleep(for: .seconds(3600))
            return .notApplicable
        }
    }
}

enum Samples {
    /// The signature of a PNG file and some more.
    static let png: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] + [UInt8](repeating: 7, count: 100)
}
