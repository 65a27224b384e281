package import Ingest
package import Jobs
import SystemPackage
package import Threading
package import ThumbnailWire

/// Makes the thumbnails of an image; what is none, by its content, gets none.
package struct ThumbnailTask: PostProcessingTask {
    package struct Options: Sendable {
        /// Sides in pixels of the squares the thumbnails fit in, 1 to 8192; at least one.
        package var sizes: [UInt16]
        package var format: ThumbnailFormat
        /// Pixels of the largest image that is decoded.
        package var maxPixels: UInt64
        /// Images decoded at the same time.
        package var workers: Int

        package init(
            sizes: [UInt16] = [256],
            format: ThumbnailFormat = .webp,
            maxPixels: UInt64 = 100_000_000,
            workers: Int
        ) {
            precondition(!sizes.isEmpty && workers > 0)
            self.sizes = sizes
            self.format = format
            self.maxPixels = maxPixels
            self.workers = workers
        }
    }

    package static let kind = JobKind("thumbnail")

    package let description = TaskDescription(
        kind: kind,
        isPeriodic: false,
        job: PlannedJob(kind: kind, maxAttempts: 3, priority: 90)
    )
    package let concurrency: Int
    package let retryPolicy = RetryPolicy.local
    /// The helpers have a deadline of their own; this one is for those that do not keep it.
    package let deadline = Duration.seconds(120)

    private let options: Options
    private let layout: ThumbnailLayout
    private let renderer: any ThumbnailRendering
    private let calls: any FileCalls
    private let threads: BlockingThreads

    package init(
        _ options: Options,
        layout: ThumbnailLayout,
        renderer: any ThumbnailRendering,
        calls: any FileCalls,
        threads: BlockingThreads
    ) {
        self.options = options
        self.layout = layout
        self.renderer = renderer
        self.calls = calls
        self.threads = threads
        concurrency = options.workers
    }

    package func run(_ work: JobWork) async throws -> TaskOutcome {
        let (record, file) = try work.source()
        // Read before anything is made: what is there now is an earlier run's, or an earlier generation's.
        let existing = try await layout.existing(of: record.path)
        guard try await isImage(file.descriptor) else {
            return .done(result: ThumbnailResult.notApplicable.text, obsolete: existing)
        }
        var files: [ScratchFile] = []
        for _ in options.sizes {
            files.append(try await work.scratch.makeFile())
        }
        let targets = zip(options.sizes, files).map { ThumbnailTarget(box: $0, file: $1.descriptor) }
        switch try await render(file.descriptor, targets) {
        case .notApplicable:
            return .done(result: ThumbnailResult.notApplicable.text, obsolete: existing)
        case .refused(let refusal):
            return .refused(reason: refusal.message, obsolete: existing)
        case .rendered(let made, _):
            let sizes = zip(options.sizes, made).map { box, thumbnail in
                ThumbnailResult.Size(box: Int(box), width: Int(thumbnail.width), height: Int(thumbnail.height))
            }
            let outputs = zip(options.sizes, files).map { box, file in
                let place = layout.path(of: record.path, size: Int(box), format: options.format)
                return TaskOutput(temporary: file, destination: place)
            }
            return .done(
                result: ThumbnailResult.made(format: "\(options.format)", sizes: sizes).text,
                outputs: outputs,
                obsolete: existing.filter { place in !outputs.contains { $0.destination == place } }
            )
        }
    }

    /// A look at the first bytes, so that no helper is asked about the bulk of other files.
    private func isImage(_ file: FileDescriptor) async throws -> Bool {
        let head = try await threads.run { [calls] () throws(Errno) in
            let head = UnsafeMutableRawBufferPointer.allocate(byteCount: ImageSignature.length, alignment: 1)
            defer { head.deallocate() }
            var count = 0
            while count < head.count {
                let rest = UnsafeMutableRawBufferPointer(rebasing: head[count...])
                let got = try calls.read(into: rest, from: file, at: Int64(count))
                guard got > 0 else { break }
                count += got
            }
            return Array(head.prefix(count))
        }
        return ImageSignature.format(of: head) != nil
    }

    private func render(_ source: FileDescriptor, _ targets: [ThumbnailTarget]) async throws -> ThumbnailOutcome {
        do {
            return try await renderer.render(
                source: source,
                targets: targets,
                format: options.format,
                maxPixels: options.maxPixels
            )
        } catch let error as ThumbnailHelperError {
            throw TaskFailure(error)
        }
    }
}

extension TaskFailure {
    /// The same image would need the same memory again; all else may be another process's fault.
    fileprivate init(_ error: ThumbnailHelperError) {
        let code: Code =
            switch error.code {
            case .crashed, .timedOut, .protocolViolation: .crash
            case .memory: .permanent
            case .unavailable, .failed: .transient
            }
        self.init(code, error.message)
    }
}
