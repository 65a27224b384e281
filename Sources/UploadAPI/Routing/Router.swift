import HTTPTypes

/// Finds the route of a request.
struct Router: Sendable {
    enum Match: Sendable {
        case found(Route, captures: [[UInt8]])
        /// The path is known, the method is not; the value of `Allow`.
        case methodNotAllowed(String)
        /// OPTIONS; the value of `Allow`.
        case options(String)
        case notFound
    }

    let routes: [Route]

    /// GET answers HEAD too: the server leaves the body out.
    func match(_ method: HTTPRequest.Method, _ segments: [[UInt8]]) -> Match {
        let found = routes.compactMap { route in route.template.captures(of: segments).map { (route, $0) } }
        guard !found.isEmpty else { return .notFound }
        let exact = found.first { $0.0.method == method }
        let fallback = method == .head ? found.first { $0.0.method == .get } : nil
        if let (route, captures) = exact ?? fallback {
            return .found(route, captures: captures)
        }
        let allowed = Self.allowed(found.map(\.0.method))
        return method == .options ? .options(allowed) : .methodNotAllowed(allowed)
    }

    /// For `OPTIONS *`: what some resource has.
    var allMethods: String { Self.allowed(routes.map(\.method)) }

    private static func allowed(_ methods: [HTTPRequest.Method]) -> String {
        let order: [HTTPRequest.Method] = [.get, .head, .post, .put, .patch, .delete, .options]
        let implied: Set<HTTPRequest.Method> = methods.contains(.get) ? [.head, .options] : [.options]
        return order.filter { methods.contains($0) || implied.contains($0) }.map(\.rawValue).joined(separator: ", ")
    }
}
