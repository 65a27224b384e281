import Access
import HTTPTypes

/// Who may not do what.
extension Problem {
    init(_ error: AccessError) {
        switch error.code {
        case .ambiguous:
            self.init(.badRequest, "ambiguous-credentials", "The request's credentials are ambiguous.", error)
        case .missing:
            self.init(.unauthorized, "no-credentials", "This needs credentials.", error)
            challenge()
        case .malformed, .unknown:
            self.init(.unauthorized, "unknown-credentials", "The credentials are not known.", error)
            challenge(with: "invalid_token")
        case .expired:
            self.init(.unauthorized, "expired-credentials", "The credentials have expired.", error)
            challenge(with: "invalid_token")
        case .forbidden:
            self.init(.forbidden, "forbidden", "You may not do this.", error)
        case .invalidFile:
            self.init(.internalServerError, "internal-error", "The server failed.", error)
        }
    }

    private init(_ status: HTTPResponse.Status, _ rule: String, _ title: String, _ error: AccessError) {
        self.init(status, rule, title, detail: error.message)
    }

    /// Says how credentials are taken (RFC 9110 section 11.6.1), and to clients with a token what is wrong with it (RFC
    /// 6750 section 3.1).
    ///
    /// A field each: browsers that do not know the first scheme of a list may not look at the second.
    private mutating func challenge(with error: String? = nil) {
        let bearer = "Bearer realm=\"bucketd\"" + (error.map { ", error=\"\($0)\"" } ?? "")
        headers.append(HTTPField(name: .wwwAuthenticate, value: "Basic realm=\"bucketd\", charset=\"UTF-8\""))
        headers.append(HTTPField(name: .wwwAuthenticate, value: bearer))
    }
}
