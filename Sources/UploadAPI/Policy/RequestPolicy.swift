import HTTPTypes
import MicroHTTP

/// Who may send requests from where: keeps foreign web pages from using a visitor's browser against the server.
package struct RequestPolicy: Sendable {
    private let hosts: Set<String>
    private let machineName: String?
    private let origins: Set<String>
    let sharing: CrossOriginSharing

    /// `hosts` are names that clients reach the server by besides `machineName`, `origins` (`https://app.example`) pages
    /// of other servers that may read and change things here.
    package init(hosts: [String] = [], machineName: String? = nil, origins: [String] = []) {
        self.hosts = Set(hosts.map { HostName(authority: $0).text })
        self.machineName = machineName.map { HostName(authority: $0).text }
        self.origins = Set(origins.map { $0.lowercased() })
        sharing = CrossOriginSharing(origins: self.origins)
    }

    /// Throws 421 for a `Host` that is not the server's: a name that a page made to point here (DNS rebinding).
    ///
    /// What trusted proxies say that the client named is held to the same rule. Addresses are no such names: on a
    /// loopback address only that address and its own names are taken, elsewhere every address. On a Unix socket, where
    /// only programs and proxies come in, every name is taken until `hosts` is set.
    func checkHost(_ request: Request) throws(Problem) {
        if let forwarded = request.forwarded?.authority {
            try checkHost(forwarded, of: request)
        }
        guard let authority = request.ownAuthority else {
            if request.isHTTP11, case .tcp = request.local { throw Self.missingHost }
            return
        }
        try checkHost(authority, of: request)
    }

    private func checkHost(_ authority: String, of request: Request) throws(Problem) {
        let host = HostName(authority: authority)
        guard
            host.isLoopback || host.text == machineName || hosts.contains(host.text)
                || isAddress(host, of: request.local)
        else {
            throw Problem(
                .misdirectedRequest,
                "host",
                "The server is not known by this name.",
                detail: "The Host of the request is not one of this server's names: add it to the setting hosts."
            )
        }
    }

    private func isAddress(_ host: HostName, of local: BoundAddress) -> Bool {
        switch local {
        case .tcp(let address, _):
            let bound = HostName(address: address)
            return host == bound || (!bound.isLoopback && host.isAddress)
        case .unix:
            return hosts.isEmpty
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
