import Digests
import Ingest

/// Files as clients see them.
struct FileJSON: Sendable {
    let urls: ResourceURLs
    let thumbnails: any ThumbnailLocator

    func value(_ entry: CatalogEntry) -> JSONValue {
        switch entry {
        case .ours(let record, let isUntouched, let jobs): value(record, isUntouched: isUntouched, jobs: jobs)
        case .foreign(let file): value(file)
        }
    }

    private func value(_ record: FileRecord, isUntouched: Bool, jobs: [Job]) -> JSONValue {
        let sizes = isUntouched ? thumbnails.sizes(of: record, jobs: jobs).sorted() : []
        return .members([
            "filename": .string(record.path.description),
            "url": .string(urls.file(record.path)),
            "size": .number(record.identity.size),
            "contentType": .string(orNull: record.contentType),
            "sha256": isUntouched ? .string(record.digest.hexadecimal) : nil,
            "digests": isUntouched && !record.digests.isEmpty ? value(record.digests) : nil,
            "uploadedAt": .string(record.createdAt.rfc3339),
            "originalName": record.originalName.map(JSONValue.string),
            "changedOutside": isUntouched ? nil : .bool(true),
            "corrupt": record.state == .corrupt ? .bool(true) : nil,
            "thumbnails": .object(
                sizes.map { JSONMember(name: String($0), value: .string(urls.thumbnail(record.path, size: $0))) }
            ),
            "jobs": .array(jobs.map(JSONValue.init)),
        ])
    }

    private func value(_ digests: [DigestAlgorithm: Digest]) -> JSONValue {
        .object(
            digests.values.sorted { $0.algorithm < $1.algorithm }
                .map { JSONMember(name: $0.algorithm.rawValue, value: .string($0.hex)) }
        )
    }

    /// When it came is not known; when it was last written is the nearest to it.
    private func value(_ file: ForeignFile) -> JSONValue {
        .members([
            "filename": .string(file.path.description),
            "url": .string(urls.file(file.path)),
            "size": .number(file.size),
            "contentType": .null,
            "uploadedAt": .string(file.modifiedAt.rfc3339),
            "foreign": .bool(true),
            "thumbnails": .object([]),
            "jobs": .array([]),
        ])
    }
}
