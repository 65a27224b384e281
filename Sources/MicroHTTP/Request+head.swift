import HTTPTypes

extension Request {
    /// A request from a head that has passed the framing rules.
    convenience init(_ head: RequestHead, length: BodyLength, exchange: Exchange) {
        var fields = HTTPFields()
        fields.reserveCapacity(head.fields.count)
        for field in head.fields {
            guard let name = HTTPField.Name(String(decoding: field.name, as: UTF8.self)) else { continue }
            fields.append(HTTPField(name: name, value: HTTPBytes.trimmed(field.value)))
        }
        self.init(
            id: exchange.id,
            method: HTTPRequest.Method(String(decoding: head.method, as: UTF8.self)) ?? .get,
            target: RequestTarget(bytes: exchange.target),
            headers: fields,
            body: RequestBody(exchange, declaredLength: length.declared),
            peer: exchange.connection.peer,
            local: exchange.connection.local,
            isHTTP11: head.isHTTP11,
            logger: exchange.server.logger
        )
    }
}
