import Glibc
import IngestTesting
import Logging
import PostProcessing
import SystemPackage
import ThumbnailWire

/// Images a second of processor time: the sandboxed helper, a process for each, beside libvips in one process.
struct Thumbnails {
    private static let box: UInt16 = 256

    let rounds: Int
    let scale: Double

    func run() async throws {
        let directory = try TemporaryDirectory()
        let table = Table(
            "Thumbnails of \(Self.box) pixels, WebP, one at a time, medians of \(rounds)",
            [
                "image", "bytes", "libvips: images/CPU s", "helper: images/CPU s", "ratio", "libvips: images/s",
                "helper: images/s", "thumbnail",
            ]
        )
        for (name, width, height, count) in [("24 MP JPEG", 6000, 4000, 20), ("1 MP JPEG", 1224, 816, 200)] {
            let file = directory.file("\(width).jpg")
            _ = try await Self.vips(["make", "\(width)", "\(height)", file.string])
            let images = max(3, Int(Double(count) * scale))
            var alone: [Sample] = []
            var helped: [Sample] = []
            for _ in 0..<rounds {
                alone.append(try await Self.inProcess(file, images, directory))
                helped.append(try await Self.helper(file, images, directory))
            }
            let own = alone.map(\.perProcessorSecond).median
            let other = helped.map(\.perProcessorSecond).median
            let sizes = Set((alone + helped).map(\.size)).sorted()
            table.row([
                name, mebibytes(directory.size(of: file)), decimal(own), decimal(other), decimal(other / own, 2),
                decimal(alone.map(\.perSecond).median), decimal(helped.map(\.perSecond).median),
                sizes.joined(separator: " and "),
            ])
        }
        table.end(
            "The helper's processor time is that of its processes and of the caller. Load average \(Machine.load())."
        )
    }

    private struct Sample {
        let images: Int
        let seconds: Double
        let processorTime: Double
        /// In pixels.
        let size: String

        var perSecond: Double { Double(images) / seconds }
        var perProcessorSecond: Double { Double(images) / processorTime }
    }

    private static func inProcess(_ file: FilePath, _ count: Int, _ directory: TemporaryDirectory) async throws
        -> Sample
    {
        let quality = ThumbnailFormat.webp.defaultQuality
        let output = directory.file("vips.webp").string
        let line = try await vips([file.string, "\(count)", "\(box)", "\(quality)", output])
        var values: [Substring: Double] = [:]
        for pair in line.split(whereSeparator: \.isWhitespace).map({ $0.split(separator: "=") }) where pair.count == 2 {
            values[pair[0]] = Double(pair[1])
        }
        return Sample(
            images: count,
            seconds: values["seconds"] ?? .nan,
            processorTime: values["cpu"] ?? .nan,
            size: "\(Int(values["width"] ?? 0)) x \(Int(values["height"] ?? 0))"
        )
    }

    private static func vips(_ arguments: [String]) async throws -> String {
        let outcome = try await CommandLineTool.run(Executables.path(of: "bucketd-bench-vips").string, arguments)
        guard outcome.status == 0 else { throw Failed(text: outcome.errorText) }
        return outcome.outputText
    }

    private static func helper(_ file: FilePath, _ count: Int, _ directory: TemporaryDirectory) async throws -> Sample {
        let options = ThumbnailHelperOptions(path: try Executables.path(of: "bucketd-thumbnail"), workers: 1)
        let helpers = ThumbnailHelpers(options, logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() })
        try await helpers.start()
        var size = ""
        let clock = ContinuousClock()
        let start = clock.now
        let before = ProcessTree(of: getpid()).processorTime
        for _ in 0..<count {
            let source = try FileDescriptor.open(file, .readOnly, options: .closeOnExec)
            defer { close(source.rawValue) }
            let target = try FileDescriptor.open(
                directory.file("helper.webp"),
                .readWrite,
                options: [.create, .truncate, .closeOnExec],
                permissions: .ownerReadWrite
            )
            defer { close(target.rawValue) }
            let outcome = try await helpers.render(
                source: source,
                targets: [ThumbnailTarget(box: box, file: target)],
                format: .webp,
                maxPixels: 100_000_000
            )
            guard case .rendered(let outputs, _) = outcome else { throw Failed(text: "\(outcome)") }
            size = outputs.map { "\($0.width) x \($0.height)" }.joined(separator: " ")
        }
        let time = seconds(clock.now - start)
        let used = ProcessTree(of: getpid()).processorTime - before
        await helpers.shutdown()
        return Sample(images: count, seconds: time, processorTime: used, size: size)
    }

    private struct Failed: Error {
        let text: String
    }
}

extension TemporaryDirectory {
    fileprivate func size(of file: FilePath) -> Int {
        var status = stat()
        return stat(file.string, &status) == 0 ? Int(status.st_size) : 0
    }
}
