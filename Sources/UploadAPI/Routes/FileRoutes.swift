import Access
import HTTPTypes
import Ingest
import MicroHTTP

/// Listing, reading and removing files.
struct FileRoutes: Sendable {
    let catalog: FileCatalog
    let files: any BucketFiles
    let preconditions: WritePreconditions
    let json: FileJSON
    let wasRemoved: @Sendable (BucketPath) async -> Void

    private static let standardPage = 100
    private static let largestPage = 1000

    var routes: [Route] {
        [
            Route(.get, "/files", .listing) { try await list($0, below: "") },
            Route(.get, "/files/{directory}/", .listing) { try await list($0, below: try directory(of: $0)) },
            Route(.get, "/files/{path}", .file(.read)) { try await read($0) },
            Route(.head, "/files/{path}", .file(.read)) { try await read($0) },
            Route(.delete, "/files/{path}", .file(.delete)) { try await remove($0) },
            Route(.delete, "/files/{directory}/", .file(.delete)) { try await refuseDirectory($0) },
        ]
    }

    private func directory(of call: Call) throws -> String {
        guard !call.captures.isEmpty else { return "" }
        let path = try call.lookupPath()
        guard let text = String(validating: path.bytes, as: UTF8.self) else { throw Problem.notFound }
        return text + "/"
    }

    private func list(_ call: Call, below directory: String) async throws -> Response {
        let page = try await catalog.page(
            prefix: directory + (try call.parameter("prefix") ?? ""),
            after: try call.parameter("after").map { text in try PathCursor.path(text) },
            limit: try call.number("limit", default: Self.standardPage, maximum: Self.largestPage)
        )
        return .json(
            .members([
                "files": .array(page.entries.map(json.value)),
                "next": .string(orNull: page.next.map(PathCursor.text)),
            ])
        )
    }

    private func read(_ call: Call) async throws -> Response {
        let path = try call.lookupPath()
        let file: OpenedFile
        do {
            file = try await files.open(path)
        } catch let error as IngestError where error.code == .isDirectory {
            return Response(status: .temporaryRedirect, headers: [.location: json.urls.file(path) + "/"])
        }
        let representation = Representation(file, path: path)
        guard file.status.isRegularFile else {
            representation.discard()
            throw Problem.notFound
        }
        return representation.response(to: call.request)
    }

    private func remove(_ call: Call) async throws -> Response {
        let path = try call.lookupPath()
        let precondition = try await preconditions.precondition(Conditions(call.request.headers), for: path)
        let removed = try await files.remove(path, if: precondition)
        await wasRemoved(removed.path)
        return Response(status: .noContent)
    }

    /// A directory goes with its last file; a file has no name with a slash at its end.
    private func refuseDirectory(_ call: Call) async throws -> Response {
        guard !call.captures.isEmpty else {
            throw IngestError(.isDirectory, "The bucket itself cannot be removed.")
        }
        let path = try call.lookupPath()
        Representation(try await files.open(path), path: path).discard()
        throw Problem.notFound
    }
}
