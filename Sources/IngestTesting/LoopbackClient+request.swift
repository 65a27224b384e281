extension LoopbackClient {
    /// Sends a request and reads its final response; the connection stays open.
    ///
    /// `Host` and `Content-Length` are added unless they or `Transfer-Encoding` are given. A body that the server does
    /// not take to its end is no error if it answers.
    package func request(
        _ method: String,
        _ target: String,
        headers: [(String, String)] = [],
        body: [UInt8]? = nil
    ) async throws(LoopbackError) -> Reply {
        do throws(LoopbackError) {
            try await send(Self.head(method, target, headers: headers, length: body?.count))
            if let body { try await send(body) }
        } catch  where error.code == .reset {
            // The answer, if there is one, says why.
        }
        while true {
            let reply = try await readReply(isAnswerToHead: method == "HEAD")
            if reply.status >= 200 { return reply }
        }
    }

    /// One request on a connection of its own.
    package static func request(
        _ method: String,
        _ target: String,
        to address: Address,
        headers: [(String, String)] = [],
        body: [UInt8]? = nil,
        timeout: Duration = .seconds(20)
    ) async throws(LoopbackError) -> Reply {
        let client = try await connect(to: address, timeout: timeout)
        defer { client.close() }
        return try await client.request(
            method,
            target,
            headers: headers + [("Connection", "close")],
            body: body
        )
    }

    /// A request's head, for tests that send the body in their own way.
    package static func head(
        _ method: String,
        _ target: String,
        headers: [(String, String)] = [],
        length: Int? = nil
    ) -> String {
        let given = Set(headers.map { $0.0.lowercased() })
        var text = "\(method) \(target) HTTP/1.1\r\n"
        if !given.contains("host") { text += "Host: localhost\r\n" }
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        if let length, given.isDisjoint(with: ["content-length", "transfer-encoding"]) {
            text += "Content-Length: \(length)\r\n"
        }
        return text + "\r\n"
    }
}
