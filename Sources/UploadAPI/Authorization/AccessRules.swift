package import Access
import HTTPTypes
package import Ingest
import MicroHTTP

/// Decides who sends a request and whether it is answered: before anything is looked up for it, and before its body.
package struct AccessRules: Sendable {
    private struct Known: Sendable {
        var tokens: @Sendable () -> Tokens
        var tickets: Tickets?
        var clock: any WallClock
        var metrics = AccessMetrics()
    }

    private let known: Known?

    /// Everybody may do everything.
    package static let none = Self(known: nil)

    private init(known: Known?) {
        self.known = known
    }

    /// Only who shows one of the tokens or tickets is let in; `tokens` are those of now.
    package init(clock: any WallClock, tickets: Tickets? = nil, tokens: @escaping @Sendable () -> Tokens) {
        known = Known(tokens: tokens, tickets: tickets, clock: clock)
    }

    /// Those on whose account uploads go that go on by themselves.
    package var uploaders: Uploaders {
        guard let known else { return .untold }
        return Uploaders { Self.holder(of: $0, known)?.uploader }
    }

    /// Nil where there are none.
    var tickets: Tickets? { known?.tickets }

    /// Lets a request in; `requirement` is that of its route, nil where there is no such route or method.
    ///
    /// Tells its sender as soon as it is known. Throws `AccessError`, and for a target that is malformed what it throws.
    func admit(
        _ request: Request,
        to requirement: AccessRequirement?,
        _ captures: [[UInt8]] = [],
        as principal: inout Principal
    ) throws {
        principal = .anyone
        guard let known else { return }
        principal = .stranger
        guard requirement != .open else { return }
        do {
            let found = try Self.sender(of: request, known)
            principal = found.principal
            try requirement?.check(found.permissions, request, captures)
        } catch let error as AccessError {
            known.metrics.refused(error.code)
            throw error
        }
    }

    /// A ticket is part of the link that somebody was given; the browser may show a token beside it, of its own accord.
    private static func sender(
        of request: Request,
        _ known: Known
    ) throws -> (principal: Principal, permissions: Permissions) {
        if let tickets = known.tickets, let text = request.ticket {
            let ticket = try tickets.ticket(text)
            return (.ticket(ticket), ticket.permissions)
        }
        let token = try token(of: request, known)
        return (.token(token), token.permissions)
    }

    /// Who is recorded as an owner, if it still may upload: a time that is over since ends nothing that began in time.
    private static func holder(of owner: String, _ known: Known) -> Principal? {
        if let ticket = TicketID(owner: owner) { return known.tickets?.record(ticket).map(Principal.ticket) }
        guard let token = known.tokens().token(ofOwner: owner), token.scopes.contains(.upload) else { return nil }
        return .token(token)
    }

    private static func token(of request: Request, _ known: Known) throws(AccessError) -> Token {
        guard let secret = try TokenSecret(authorization: request.headers[values: .authorization]) else {
            throw AccessError(.missing, "The request shows no token.")
        }
        return try known.tokens().token(of: secret, at: known.clock.now())
    }
}
