package import HTTPTypes

/// The answer to a request.
///
/// One word, because every async frame it passes through has room for copies of it, and those frames stay for as long as
/// a body takes to come.
package struct Response: Sendable {
    private final class Parts: Sendable {
        let status: HTTPResponse.Status
        let headers: HTTPFields
        let body: ResponseBody

        init(_ status: HTTPResponse.Status, _ headers: HTTPFields, _ body: ResponseBody) {
            self.status = status
            self.headers = headers
            self.body = body
        }
    }

    private var parts: Parts

    package init(status: HTTPResponse.Status, headers: HTTPFields = [:], body: ResponseBody = .empty) {
        parts = Parts(status, headers, body)
    }

    package var status: HTTPResponse.Status {
        get { parts.status }
        set { parts = Parts(newValue, headers, body) }
    }

    /// `Content-Length`, `Transfer-Encoding`, `Date` and `Connection` are the server's business: such fields are left
    /// out, except that `Connection: close` closes the connection.
    package var headers: HTTPFields {
        get { parts.headers }
        set { parts = Parts(status, newValue, body) }
    }

    /// Not sent for HEAD and for statuses without a body, though it sets HEAD's `Content-Length`.
    package var body: ResponseBody {
        get { parts.body }
        set { parts = Parts(status, headers, newValue) }
    }
}
