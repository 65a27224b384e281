import HTTPTypes
import MicroHTTP

extension Response {
    /// Answers of the API are never kept by caches: the bucket's watchers change it at any time.
    static func json(_ value: JSONValue, status: HTTPResponse.Status = .ok) -> Self {
        content(value.bytes, type: "application/json", status: status)
    }

    static func html(_ html: HTML, status: HTTPResponse.Status = .ok) -> Self {
        var response = content(Array(html.text.utf8), type: "text/html; charset=utf-8", status: status)
        response.headers[.contentSecurityPolicy] =
            "default-src 'none'; img-src 'self'; style-src 'self'; form-action 'self'; base-uri 'none'; "
            + "frame-ancestors 'none'"
        return response
    }

    static func text(_ text: String, status: HTTPResponse.Status = .ok) -> Self {
        content(Array(text.utf8), type: "text/plain; charset=utf-8", status: status)
    }

    static func content(_ bytes: [UInt8], type: String, status: HTTPResponse.Status = .ok) -> Self {
        Self(
            status: status,
            headers: [.contentType: type, .cacheControl: "no-store", .xContentTypeOptions: "nosniff"],
            body: .bytes(bytes)
        )
    }
}
