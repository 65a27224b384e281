import HTTPTypes

/// What a request's head must be for everybody on its way to agree where the request ends (RFC 9112 sections 2 to 7).
///
/// Stricter than the RFC asks where leniency is what smuggling lives from. A refusal closes the connection.
enum FramingRules {
    static let maximumTarget = 8 << 10
    static let maximumFields = 100
    static let maximumHead = 32 << 10
    static let maximumMethod = 32
    /// Digits of a Content-Length that surely fit an Int64.
    static let maximumLengthDigits = 18

    /// What is left to know of a sound head.
    struct Verdict: Equatable {
        let length: BodyLength
        let expectsContinue: Bool
    }

    static func check(_ head: RequestHead) throws(Problem) -> Verdict {
        try checkLine(head)
        try checkFields(head)
        try checkHost(head)
        let length = try bodyLength(head)
        try checkContent(head, length)
        return Verdict(length: length, expectsContinue: try expectation(head))
    }

    private static func checkLine(_ head: RequestHead) throws(Problem) {
        guard !head.method.isEmpty, head.method.count <= maximumMethod, head.method.allSatisfy(HTTPBytes.isToken) else {
            throw Problem(.badRequest, "method", "The method is not a token.")
        }
        guard head.target.count <= maximumTarget else {
            throw Problem(.uriTooLong, "target-length", "The target is longer than \(maximumTarget) bytes.")
        }
        let isSound = head.target.allSatisfy { $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "#") }
        guard isSound, let first = head.target.first else {
            throw Problem(.badRequest, "target", "The target is empty, or holds a blank, a control character or a #.")
        }
        if first != UInt8(ascii: "/") {
            let isOptions = head.method.elementsEqual("OPTIONS".utf8)
            let isConnect = head.method.elementsEqual("CONNECT".utf8)
            switch RequestTarget(bytes: head.target).form {
            case .origin: break
            case .absolute where !isConnect: break
            case .asterisk where isOptions: break
            case .authority where isConnect: break
            default: throw Problem(.badRequest, "target", "The target is neither a path nor an absolute URI.")
            }
        }
    }

    private static func checkFields(_ head: RequestHead) throws(Problem) {
        let size = head.fields.reduce(head.target.count) { $0 + $1.name.count + $1.value.count + 4 }
        guard head.fields.count <= maximumFields, size <= maximumHead else {
            throw Problem(
                .requestHeaderFieldsTooLarge,
                "header-size",
                "The header section has more than \(maximumFields) fields or \(maximumHead) bytes."
            )
        }
        for field in head.fields {
            guard !field.name.isEmpty, field.name.allSatisfy(HTTPBytes.isToken) else {
                throw Problem(.badRequest, "field-name", "A field name is not a token.")
            }
            guard field.value.allSatisfy(HTTPBytes.isValue) else {
                throw Problem(.badRequest, "field-value", "A field value holds a control character.")
            }
        }
    }

    private static func checkHost(_ head: RequestHead) throws(Problem) {
        let hosts = head.values("host")
        guard hosts.count <= 1, hosts.count == 1 || !head.isHTTP11 else {
            throw Problem(.badRequest, "host", "The request needs exactly one Host field.")
        }
        guard let host = hosts.first else { return }
        let name = HTTPBytes.trimmed(host)
        guard !name.isEmpty, name.allSatisfy(HTTPBytes.isHost) else {
            throw Problem(.badRequest, "host", "The Host field is not a host and a port.")
        }
    }

    /// Content that no handler will read would only take room from uploads (RFC 9110 section 9.3.1 gives it no meaning).
    private static func checkContent(_ head: RequestHead, _ length: BodyLength) throws(Problem) {
        let method = String(decoding: head.method, as: UTF8.self)
        guard length.isEmpty || !["GET", "HEAD", "TRACE"].contains(method) else {
            throw Problem(.badRequest, "unexpected-content", "A request of this method has no content here.")
        }
    }

    private static func bodyLength(_ head: RequestHead) throws(Problem) -> BodyLength {
        let lengths = head.values("content-length")
        let codings = head.values("transfer-encoding")
        guard lengths.count <= 1, codings.count <= 1 else {
            throw Problem(.badRequest, "framing", "Content-Length or Transfer-Encoding is there twice.")
        }
        guard lengths.isEmpty || codings.isEmpty else {
            throw Problem(.badRequest, "framing", "Content-Length and Transfer-Encoding exclude each other.")
        }
        if let coding = codings.first {
            guard head.isHTTP11 else {
                throw Problem(.badRequest, "framing", "HTTP/1.0 has no Transfer-Encoding.")
            }
            guard RequestHead.equal(coding, "chunked") else {
                throw Problem(.notImplemented, "transfer-coding", "The only transfer coding is chunked.")
            }
            return .chunked
        }
        if let length = lengths.first {
            guard !length.isEmpty, length.allSatisfy(HTTPBytes.isDigit) else {
                throw Problem(.badRequest, "content-length", "The Content-Length is not a number.")
            }
            guard length.count <= maximumLengthDigits, let count = Int64(String(decoding: length, as: UTF8.self)) else {
                throw Problem(.contentTooLarge, "content-length", "The Content-Length has more than 18 digits.")
            }
            return count == 0 ? .none : .known(count)
        }
        switch String(decoding: head.method, as: UTF8.self) {
        case "PUT", "PATCH":
            throw Problem(.lengthRequired, "length-required", "The request needs a Content-Length or chunked coding.")
        case "POST":
            // No body at all (RFC 9112 section 6.3), as `curl -X POST` sends it.
            return .missing
        default:
            return .none
        }
    }

    private static func expectation(_ head: RequestHead) throws(Problem) -> Bool {
        let expectations = head.values("expect")
        // An HTTP/1.0 client's is ignored (RFC 9110 section 10.1.1).
        guard !expectations.isEmpty, head.isHTTP11 else { return false }
        guard expectations.count == 1, RequestHead.equal(expectations[0], "100-continue") else {
            throw Problem(.expectationFailed, "expectation", "The only expectation is 100-continue.")
        }
        return true
    }
}
