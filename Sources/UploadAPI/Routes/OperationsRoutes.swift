import Access
import HTTPTypes
import Ingest
import MicroHTTP

/// What probes and monitoring ask for, by whatever name they know the server.
struct OperationsRoutes: Sendable {
    let health: Health
    let readiness: @Sendable () async -> String?
    let metrics: @Sendable () async -> (bytes: [UInt8], contentType: String)

    var routes: [Route] {
        [
            Route(.get, "/healthz", .open, answersAnyHost: true) { _ in Self.verdict(health.reason) },
            Route(.get, "/readyz", .open, answersAnyHost: true) { _ in
                let reason = await readiness()
                return Self.verdict(health.reason ?? reason)
            },
            Route(.get, "/metrics", .server(.admin)) { _ in
                let (bytes, contentType) = await metrics()
                return .content(bytes, type: contentType)
            },
        ]
    }

    private static func verdict(_ reason: String?) -> Response {
        reason.map { .text($0 + "\n", status: .serviceUnavailable) } ?? .text("ok\n")
    }
}
