import HTTPTypes
import MicroHTTP

/// What one method does on paths of one shape.
final class Route: Sendable {
    let method: HTTPRequest.Method
    let template: PathTemplate
    /// What it asks of whoever calls it.
    let access: AccessRequirement
    /// Whether it answers whatever `Host` the client named, for probes that know none.
    let answersAnyHost: Bool
    let respond: @Sendable (Call) async throws -> Response

    init(
        _ method: HTTPRequest.Method,
        _ template: String,
        _ access: AccessRequirement,
        answersAnyHost: Bool = false,
        respond: @escaping @Sendable (Call) async throws -> Response
    ) {
        self.method = method
        self.template = PathTemplate(template)
        self.access = access
        self.answersAnyHost = answersAnyHost
        self.respond = respond
    }
}
