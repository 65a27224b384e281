import HTTPTypes

extension Request {
    /// A request from a head that has passed the framing rules.
    ///
    /// Throws if trusted proxies tell of it what cannot be true.
    convenience init(_ head: RequestHead, length: BodyLength, exchange: Exchange) throws(Problem) {
        var fields = HTTPFields()
        fields.reserveCapacity(head.fields.count)
        for field in head.fields {
            guard let name = HTTPField.Name(String(decoding: field.name, as: UTF8.self)) else { continue }
            fields.append(HTTPField(name: name, value: HTTPBytes.trimmed(field.value)))
        }
        let proxies = exchange.options.value.trustedProxies
        let forwarded =
            try proxies.isEmpty
            ? nil : ForwardedOrigin(fields, from: exchange.connection.peer, trusting: proxies)
        self.init(
            id: exchange.id,
            method: HTTPRequest.Method(String(decoding: head.method, as: UTF8.self)) ?? .get,
            target: RequestTarget(bytes: exchange.target),
            headers: fields,
            body: RequestBody(exchange, declaredLength: length.declared),
            peer: exchange.connection.peer,
            local: exchange.connection.local,
            isHTTP11: head.isHTTP11,
            isTLS: exchange.connection.isTLS,
            forwarded: forwarded,
            logger: exchange.server.logger
        )
    }
}
