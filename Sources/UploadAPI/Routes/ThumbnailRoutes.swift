import Access
import HTTPTypes
import Ingest
import MicroHTTP

/// The thumbnails of files.
struct ThumbnailRoutes: Sendable {
    let catalog: FileCatalog
    let ledger: any FileLedger
    let thumbnails: any ThumbnailLocator

    var routes: [Route] {
        [Route(.get, "/thumbnails/{path}", .file(.read)) { try await read($0) }]
    }

    private func read(_ call: Call) async throws -> Response {
        guard let record = try await ledger.file(at: try call.lookupPath()),
            case .ours(let record, let isUntouched, let jobs) = try await catalog.entry(for: record)
        else { throw Problem.notFound }
        let job = jobs.last { $0.kind == thumbnails.kind }
        guard isUntouched else { throw Problem.noThumbnail("The file was changed since it came.", job) }
        let made = thumbnails.sizes(of: record, jobs: jobs)
        let size = try call.number("size", default: made.min() ?? 256, maximum: .max)
        let tag = EntityTag(isWeak: true, opaque: "\(record.digest.hexadecimal.prefix(32))-\(size)")
        guard made.contains(size),
            let thumbnail = try await thumbnails.open(size: size, of: record, jobs: jobs)
        else { throw Problem.noThumbnail(Self.reason(job, isMade: !made.isEmpty), job) }
        var response = Response(
            status: .ok,
            headers: [
                .contentType: thumbnail.contentType, .eTag: tag.text, .cacheControl: "private, no-cache",
                .xContentTypeOptions: "nosniff", .contentSecurityPolicy: "default-src 'none'; sandbox",
                .crossOriginResourcePolicy: "same-origin",
            ],
            body: .file(thumbnail.descriptor, offset: 0, length: thumbnail.length)
        )
        if let list = call.request.headers[.ifNoneMatch].map(EntityTagList.init), Self.matches(list, tag) {
            response.status = .notModified
            response.headers[.contentType] = nil
        }
        return response
    }

    private static func matches(_ list: EntityTagList, _ tag: EntityTag) -> Bool {
        switch list {
        case .any: true
        case .tags(let tags): tags.contains { $0.matchesWeakly(tag) }
        }
    }

    private static func reason(_ job: Job?, isMade: Bool) -> String {
        guard let job else { return "No job makes thumbnails of this file." }
        switch job.state {
        case .blocked, .ready, .running: return "The thumbnail is not made yet."
        case .done: return isMade ? "There is no thumbnail of this size." : "The file is no image of a known kind."
        case .dead: return "The thumbnail could not be made."
        case .cancelled: return "The thumbnail's job was cancelled."
        }
    }
}

extension Problem {
    /// With the job that makes it, where there is one, for whoever wants to wait.
    fileprivate static func noThumbnail(_ detail: String, _ job: Job?) -> Self {
        var problem = Self(.notFound, "no-thumbnail", "There is no such thumbnail.", detail: detail)
        problem.members = job.map { [JSONMember(name: "job", value: JSONValue($0))] } ?? []
        return problem
    }
}
