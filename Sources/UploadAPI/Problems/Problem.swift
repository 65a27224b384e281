import HTTPTypes
import MicroHTTP

/// Why a request is refused or failed, as clients are told (RFC 9457).
struct Problem: Error, Sendable {
    let status: HTTPResponse.Status
    /// Names the rule that was broken, in words joined by dashes: a promise to clients.
    let rule: String
    /// One sentence, the same for every occurrence.
    let title: String
    /// One sentence on this occurrence.
    var detail: String
    /// The limit that was reached, in its own unit.
    var limit: Int64?
    /// Fields that belong to the status.
    var headers: HTTPFields = [:]
    /// Members beyond the standard ones.
    var members: [JSONMember] = []
    /// Whether the rule is one of IANA's registry of problem types, which has names of its own.
    var isRegistered = false

    init(_ status: HTTPResponse.Status, _ rule: String, _ title: String, detail: String, limit: Int64? = nil) {
        self.status = status
        self.rule = rule
        self.title = title
        self.detail = detail
        self.limit = limit
    }

    var type: String {
        isRegistered ? "https://iana.org/assignments/http-problem-types#\(rule)" : "/problems/\(rule)"
    }

    var json: JSONValue {
        let standard: JSONValue = .members([
            "type": .string(type),
            "title": .string(title),
            "status": .number(Int64(status.code)),
            "detail": .string(detail),
            "limit": limit.map(JSONValue.number),
        ])
        return .object(standard.members + members)
    }

    var response: Response {
        var headers = headers
        headers[.contentType] = "application/problem+json"
        headers[.cacheControl] = "no-store"
        headers[.xContentTypeOptions] = "nosniff"
        return Response(status: status, headers: headers, body: .bytes(json.bytes))
    }
}
