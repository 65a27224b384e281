import Access
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
            Route(.get, "/", .page) { try await index($0) },
            Route(.get, "/page.css", .open) { _ in
                .resource(PackageResources.page_css, type: "text/css; charset=utf-8")
            },
            Route(.get, "/favicon.ico", .open) { _ in
                .resource(PackageResources.favicon_ico, type: "image/x-icon")
            },
            Route(.get, "/openapi.json", .token) { _ in
                .resource(PackageResources.openapi_json, type: "application/json")
            },
            Route(.get, "/docs", .token) { _ in
                .html(DocsPage(description: JSONValue(parsing: PackageResources.openapi_json) ?? .null).html)
            },
        ]
    }

    /// As much of it as whoever asks may see, and use.
    private func index(_ call: Call) async throws -> Response {
        let principal = call.principal
        let mayRead = principal.has(.read)
        let entries =
            mayRead ? try await catalog.newest(limit: Self.newestFiles, in: principal.directory) : nil
        let page = IndexPage(
            entries: entries,
            form: principal.has(.upload)
                ? json.urls.creation(in: principal.directory) + call.request.ticketQuery : nil,
            urls: json.urls,
            thumbnails: json.thumbnails
        )
        return .html(page.html)
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
