package import HTTPTypes

/// A response that goes before the answer to a request (RFC 9110 section 15.2).
package struct InterimResponse: Sendable, Hashable {
    /// 102 to 199; 100 and 101 are the server's business.
    package var status: HTTPResponse.Status
    package var headers: HTTPFields

    package init(status: HTTPResponse.Status, headers: HTTPFields = [:]) {
        self.status = status
        self.headers = headers
    }

    /// As it is sent.
    ///
    /// Names and values cannot hold line ends: the types see to it.
    package var bytes: [UInt8] {
        var text = "HTTP/1.1 \(status.code) \(status.reasonPhrase)\r\n"
        for field in headers { text += "\(field.name.rawName): \(field.value)\r\n" }
        return Array((text + "\r\n").utf8)
    }
}
