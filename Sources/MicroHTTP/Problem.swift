import HTTPTypes

/// A refusal by the server itself, before or instead of the handler (RFC 9457).
struct Problem: Error, Sendable, Equatable {
    let status: HTTPResponse.Status
    /// Names the rule that was broken, in the problem's `type`.
    let rule: String
    /// One sentence in plain ASCII without quotes: it goes into JSON as it is.
    let detail: String
    /// The limit that was reached, in its own unit.
    let limit: Int?

    init(_ status: HTTPResponse.Status, _ rule: String, _ detail: String, limit: Int? = nil) {
        self.status = status
        self.rule = rule
        self.detail = detail
        self.limit = limit
    }

    static let noDescriptor = Self(
        .serviceUnavailable,
        "too-many-connections",
        "The server has no connection to spare."
    )
    static let draining = Self(.serviceUnavailable, "shutting-down", "The server is shutting down.")
    static let tooSlow = Self(.requestTimeout, "minimum-rate", "The body came in below the minimum rate.")
    static let timedOut = Self(.requestTimeout, "upload-time", "The body took longer than allowed.")

    static func busy(_ limit: Int) -> Self {
        Self(.serviceUnavailable, "too-many-connections", "The server has no connection to spare.", limit: limit)
    }

    static func busyAddress(_ limit: Int) -> Self {
        Self(
            .tooManyRequests,
            "too-many-connections-from-address",
            "Your address has as many connections as it may have.",
            limit: limit
        )
    }

    var response: Response {
        var headers: HTTPFields = [.contentType: "application/problem+json", .connection: "close"]
        if status == .serviceUnavailable || status == .tooManyRequests { headers[.retryAfter] = "1" }
        let body =
            "{\"type\":\"/problems/\(rule)\",\"title\":\"\(status.reasonPhrase)\","
            + "\"status\":\(status.code),\"detail\":\"\(detail)\"" + (limit.map { ",\"limit\":\($0)" } ?? "") + "}\n"
        return Response(status: status, headers: headers, body: .text(body))
    }
}
