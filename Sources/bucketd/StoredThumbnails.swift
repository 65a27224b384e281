import Ingest
import PostProcessing
import SystemPackage
import Threading
import ThumbnailWire
import UploadAPI

/// Thumbnails where the thumbnail task puts them.
struct StoredThumbnails: ThumbnailLocator {
    let kind = ThumbnailTask.kind
    let layout: ThumbnailLayout
    let threads: BlockingThreads

    func sizes(of file: FileRecord, jobs: [Job]) -> [Int] {
        made(jobs)?.sizes ?? []
    }

    func open(size: Int, of file: FileRecord, jobs: [Job]) async throws -> OpenedThumbnail? {
        guard let made = made(jobs), made.sizes.contains(size) else { return nil }
        let path = layout.path(of: file.path, size: size, format: made.format)
        return try await threads.run {
            do {
                let descriptor = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .noFollow])
                let length = try descriptor.seek(offset: 0, from: .end)
                return OpenedThumbnail(descriptor: descriptor, length: length, contentType: "image/\(made.format)")
            } catch Errno.noSuchFileOrDirectory {
                return nil
            }
        }
    }

    /// What the last thumbnail job of the generation that ended well made.
    private func made(_ jobs: [Job]) -> (format: ThumbnailFormat, sizes: [Int])? {
        let last = jobs.last { $0.kind == kind && $0.state == .done && $0.result != nil }
        guard case .made(let name, let sizes)? = last?.result.flatMap(ThumbnailResult.init),
            let format = ThumbnailFormat.allCases.first(where: { "\($0)" == name })
        else { return nil }
        return (format, sizes.map(\.box))
    }
}
