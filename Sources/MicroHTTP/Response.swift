package import HTTPTypes

/// The answer to a request.
package struct Response: Sendable {
    package var status: HTTPResponse.Status
    /// `Content-Length`, `Transfer-Encoding`, `Date` and `Connection` are the server's business: such fields are left
    /// out, except that `Connection: close` closes the connection.
    package var headers: HTTPFields
    /// Not sent for HEAD and for statuses without a body, though it sets HEAD's `Content-Length`.
    package var body: ResponseBody

    package init(status: HTTPResponse.Status, headers: HTTPFields = [:], body: ResponseBody = .empty) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}
