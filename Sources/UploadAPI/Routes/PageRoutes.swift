import HTTPTypes
import Ingest
import MicroHTTP

/// What browsers are shown.
struct PageRoutes: Sendable {
    let catalog: FileCatalog
    let json: FileJSON

    private static let newestFiles = 50

    var routes: [Route] {
        [
            Route(.get, "/") { _ in try await index() },
            Route(.get, "/page.css") { _ in .resource(PackageResources.page_css, type: "text/css; charset=utf-8") },
            Route(.get, "/favicon.ico") { _ in .resource(PackageResources.favicon_ico, type: "image/x-icon") },
            Route(.get, "/openapi.json") { _ in .resource(PackageResources.openapi_json, type: "application/json") },
            Route(.get, "/docs") { _ in
                .html(DocsPage(description: JSONValue(parsing: PackageResources.openapi_json) ?? .null).html)
            },
        ]
    }

    private func index() async throws -> Response {
        let entries = try await catalog.newest(limit: Self.newestFiles)
        return .html(IndexPage(entries: entries, urls: json.urls, thumbnails: json.thumbnails).html)
    }
}

extension Response {
    /// What changes with a new version of the program only.
    fileprivate static func resource(_ bytes: [UInt8], type: String) -> Self {
        var response = content(bytes, type: type)
        response.headers[.cacheControl] = "max-age=3600"
        return response
    }
}
