import HTTPTypes
import MicroHTTP

/// Who may send requests from where: keeps foreign web pages from using a visitor's browser against the server.
package struct RequestPolicy: Sendable {
    private let hosts: Set<String>
    private let origins: Set<String>

    /// `hosts` are names that clients reach the server by, `origins` (`https://app.example`) pages of other servers that
    /// may change things here.
    package init(hosts: [String] = [], origins: [String] = []) {
        self.hosts = Set(hosts.map { HostName(authority: $0).text })
        self.origins = Set(origins.map { $0.lowercased() })
    }

    /// Throws 421 for a `Host` that is not the server's: a name that a page made to point here (DNS rebinding).
    ///
    /// Every name is taken where browsers cannot come in (Unix sockets) and, unless `hosts` says otherwise, on addresses
    /// that are not loopback, whose names cannot be known.
    func checkHost(_ request: Request) throws(Problem) {
        guard case .tcp(let local, _) = request.local else { return }
        guard let authority = request.authority else {
            if request.isHTTP11 { throw Self.missingHost }
            return
        }
        let host = HostName(authority: authority)
        let bound = HostName(address: local)
        let isAnyHost = hosts.isEmpty && !bound.isLoopback
        guard isAnyHost || host == bound || host.isLoopback || hosts.contains(host.text) else {
            throw Problem(
                .misdirectedRequest,
                "host",
                "The server is not known by this name.",
                detail: "The Host of the request is not one of this server's names: add it to the setting hosts."
            )
        }
    }

    /// Throws 403 for a request that changes things and comes from another site's page.
    func checkOrigin(_ request: Request) throws(Problem) {
        guard ![.get, .head, .options].contains(request.method) else { return }
        let origin = request.headers[.origin]?.lowercased()
        if let origin, origins.contains(origin) { return }
        if let site = request.headers[HTTPField.Name.secFetchSite]?.lowercased() {
            guard site == "same-origin" || site == "none" else { throw Self.crossOrigin }
            return
        }
        // Programs send neither field; browsers too old for the first send the second.
        guard let origin else { return }
        guard let schemeEnd = origin.firstRange(of: "://")?.upperBound,
            let authority = request.authority?.lowercased(), origin[schemeEnd...] == authority
        else { throw Self.crossOrigin }
    }

    private static let missingHost = Problem(
        .badRequest,
        "host-missing",
        "The request names no Host.",
        detail: "A request in HTTP/1.1 must have exactly one Host field."
    )

    private static let crossOrigin = Problem(
        .forbidden,
        "cross-origin",
        "Another site's page may not change things here.",
        detail: "The request comes from another site's page: add its origin to the setting origins to allow it."
    )
}
