import Access
import HTTPTypes
import Ingest
import MicroHTTP

/// What probes and monitoring ask for, by whatever name they know the server.
struct OperationsRoutes: Sendable {
    let health: Health
    let readiness: @Sendable () async -> [Obstacle]
    let metrics: @Sendable () async -> (bytes: [UInt8], contentType: String)

    var routes: [Route] {
        [
            Route(.get, "/healthz", .open, answersAnyHost: true) { _ in
                health.reason.map { .text($0 + "\n", status: .serviceUnavailable) } ?? .text("ok\n")
            },
            Route(.get, "/readyz", .open, answersAnyHost: true) { call in
                Self.verdict(
                    await readiness(),
                    asJSON: MediaPreference(accept: call.request.headers[.accept]).prefersJSON
                )
            },
            Route(.get, "/metrics", .server(.admin)) { _ in
                let (bytes, contentType) = await metrics()
                return .content(bytes, type: contentType)
            },
        ]
    }

    /// One line for each reason; with JSON one member of a list.
    private static func verdict(_ obstacles: [Obstacle], asJSON: Bool) -> Response {
        let status = obstacles.isEmpty ? HTTPResponse.Status.ok : .serviceUnavailable
        guard asJSON else {
            let lines = obstacles.isEmpty ? ["ok"] : obstacles.map { "\($0.code): \($0.reason)" }
            return .text(lines.map { $0 + "\n" }.joined(), status: status)
        }
        let reasons = obstacles.map { obstacle in
            JSONValue.members(["code": .string(obstacle.code), "reason": .string(obstacle.reason)])
        }
        return .json(.members(["ready": .bool(obstacles.isEmpty), "reasons": .array(reasons)]), status: status)
    }
}
