import Outbound
import Threading

/// What a command works with while it runs.
struct ServerSession: Sendable {
    let settings: ClientSettings
    private let client: HTTPClient

    init(settings: ClientSettings, threads: BlockingThreads) {
        self.settings = settings
        var options = HTTPClientOptions()
        options.unixSocket = settings.server.unixSocket
        options.authorities = settings.authorities
        options.userAgent = "bucketctl"
        client = HTTPClient(options: options, threads: threads)
    }

    var server: Server { Server(address: settings.server, token: settings.token, client: client) }

    func server(showing ticket: String) -> Server {
        Server(address: settings.server, token: nil, ticket: ticket, client: client)
    }
}
