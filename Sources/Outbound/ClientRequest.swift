package import HTTPTypes

/// A request without its content.
package struct ClientRequest: Sendable {
    package var method: HTTPRequest.Method
    /// Absolute, `http` or `https`.
    package var url: String
    package var fields: HTTPFields

    package init(_ method: HTTPRequest.Method, _ url: String, fields: HTTPFields = [:]) {
        self.method = method
        self.url = url
        self.fields = fields
    }
}

/// What a server answered.
package struct ClientResponse: Sendable {
    package var status: HTTPResponse.Status
    package var fields: HTTPFields
    /// Empty where a sink took the content.
    package var content: [UInt8] = []

    package init(status: HTTPResponse.Status, fields: HTTPFields, content: [UInt8] = []) {
        self.status = status
        self.fields = fields
        self.content = content
    }

    package var isSuccess: Bool { (200..<300).contains(status.code) }
}
