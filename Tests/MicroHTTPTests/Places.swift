import MicroHTTP
import SystemPackage

/// The places in a connection's life where a hostile request may come, over TCP and over a Unix socket.
struct Places: Sendable, CustomStringConvertible {
    private enum Place: CaseIterable {
        case fresh
        /// The second request of a connection.
        case kept
        /// In one piece with a good request before it.
        case pipelined
    }

    static let count = 2 * Place.allCases.count
    private static let get = "GET /good HTTP/1.1\r\nHost: h\r\n\r\n"
    private static let post = "POST /good HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"

    let description: String

    /// Sends the request in each place, and half-closes if it `finishes`; checks the responses to it, counted by their
    /// framing, and all that came over the connection.
    static func each(
        finishes: Bool = false,
        handler: @escaping RequestHandler,
        check: @escaping @Sendable (Places, [WireResponse], String) -> Void,
        request: @escaping @Sendable () -> String
    ) async throws {
        var options = TestServer.options
        options.listen.append(.unix(path: TestServer.unixPath()))
        try await TestServer.run(options, handler: handler) { server in
            for address in server.addresses {
                for place in Place.allCases {
                    let client = try await RawClient.connect(address)
                    var good = 1
                    // The server may have closed before all is sent.
                    switch place {
                    case .fresh:
                        good = 0
                        try? await client.send(request())
                    case .kept:
                        try await client.send(get)
                        guard try await client.readResponse().status == 200 else { throw Errno.badMessage }
                        good = 0
                        try? await client.send(request())
                    case .pipelined:
                        try? await client.send(post + request())
                    }
                    if finishes { client.finishSending() }
                    let text = try await client.readToEnd()
                    let responses = WireResponse.all(in: text)
                    guard responses.count >= good, responses.prefix(good).allSatisfy({ $0.status == 200 }) else {
                        throw Errno.badMessage
                    }
                    let name = Places(description: "\(place) on \(address)")
                    check(name, Array(responses.dropFirst(good)), text)
                }
            }
            // The server goes on.
            let other = try await server.connect()
            try await other.send(get)
            guard try await other.readResponse().status == 200 else { throw Errno.badMessage }
        }
    }
}
