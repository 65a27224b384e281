import Access
import HTTPTypes
import Ingest
import Logging
import MicroHTTP

/// Tickets: leave to upload, for people without a token.
struct TicketRoutes: Sendable {
    /// Nil where everybody may upload anyway.
    let tickets: Tickets?
    let uploads: ResumableUploads
    let urls: ResourceURLs

    private static let bodyLimit = 64 << 10

    var routes: [Route] {
        [
            Route(.get, "/tickets", .server(.admin)) { _ in try await list() },
            Route(.post, "/tickets", .server(.admin)) { try await issue($0) },
            Route(.get, "/tickets/{id}", .server(.admin)) { try await show($0) },
            Route(.delete, "/tickets/{id}", .server(.admin)) { try await revoke($0) },
        ]
    }

    private func list() async throws -> Response {
        let tickets = try await tickets?.list() ?? []
        return .json(.members(["tickets": .array(tickets.map { .object($0.members) })]))
    }

    private func show(_ call: Call) async throws -> Response {
        let id = call.ticketID
        guard let ticket = try await tickets?.list().first(where: { $0.id == id }) else { throw Problem.notFound }
        return .json(.object(ticket.members))
    }

    /// The only answer that has the ticket itself.
    private func issue(_ call: Call) async throws -> Response {
        try call.request.requireIdentity()
        let order = try TicketOrder(try await call.body(limit: Self.bodyLimit))
        guard let tickets else { throw Problem.noTicketsNeeded }
        let (record, text) = try await tickets.issue(lifetime: order.lifetime) { order.bound(&$0) }
        call.logger.notice("ticket issued", metadata: ["ticket.id": "\(record.id)"])
        let link = "?ticket=\(text)"
        let upload = urls.creation(in: record.directory, isAbsolute: true) + (record.directory == nil ? "/" : "")
        let own: JSONValue = .members([
            "ticket": .string(text), "page": .string(urls.page + link), "url": .string(upload + link),
        ])
        var response = Response.json(.object(record.members + own.members), status: .created)
        response.headers[.location] = "/tickets/\(record.id)"
        return response
    }

    private func revoke(_ call: Call) async throws -> Response {
        guard let id = call.ticketID, try await tickets?.revoke(id) == true else { throw Problem.notFound }
        call.logger.notice("ticket revoked", metadata: ["ticket.id": "\(id)"])
        await endUploads(of: id, call.logger)
        return Response(status: .noContent)
    }

    /// It is revoked whatever becomes of this: what stays expires, and is not published.
    private func endUploads(of ticket: TicketID, _ logger: Logger) async {
        do {
            let count = try await uploads.removeUploads(of: ticket.owner)
            logger.info("unfinished uploads ended with their ticket", metadata: ["uploads": "\(count)"])
        } catch {
            logger.warning(
                "unfinished uploads of a revoked ticket stay until they expire",
                metadata: ["ticket.id": "\(ticket)", "error": "\(error)"]
            )
        }
    }
}

extension Call {
    /// The ticket that the path names; nil for a name that is no ticket's.
    fileprivate var ticketID: TicketID? { TicketID(String(decoding: captures[0], as: UTF8.self)) }
}

extension TicketRecord {
    fileprivate var members: [JSONMember] {
        let value: JSONValue = .members([
            "id": .string(id.rawValue),
            "prefix": .string(orNull: directory?.description),
            "maxSize": maxSize > 0 ? .number(maxSize) : .null,
            "maxFiles": maxFiles > 0 ? .number(Int64(maxFiles)) : .null,
            "usedFiles": .number(Int64(usedFiles)),
            "contentTypes": .array(contentTypes.map(JSONValue.string)),
            "createdAt": .string(createdAt.rfc3339),
            "expiresAt": .string(expiresAt.rfc3339),
        ])
        return value.members
    }
}

extension Problem {
    fileprivate static let noTicketsNeeded = Self(
        .conflict,
        "no-tickets",
        "Nobody needs a ticket here.",
        detail: "The server has no tokens, so everybody may upload: set auth.tokensFile."
    )
}
