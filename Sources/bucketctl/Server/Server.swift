import FoundationEssentials
import HTTPTypes
import Outbound
import StructuredFields

/// The API of one server, as one user may use it.
struct Server: Sendable {
    let address: ServerAddress
    private let token: String?
    private let ticket: String?
    private let client: HTTPClient

    /// With a ticket the token stays unused.
    init(address: ServerAddress, token: String?, ticket: String? = nil, client: HTTPClient) {
        self.address = address
        self.token = ticket == nil ? token : nil
        self.ticket = ticket
        self.client = client
    }

    /// Of a path that is encoded already.
    func url(_ path: String, query: [(name: String, value: String)] = []) -> String {
        let pairs = (query + (ticket.map { [("ticket", $0)] } ?? [])).map { name, value in
            "\(name)=\(PercentEncoding.query(value))"
        }
        return address.base + path + (pairs.isEmpty ? "" : "?") + pairs.joined(separator: "&")
    }

    func url(ofFile path: String) -> String { url("/files/" + PercentEncoding.path(path.utf8)) }

    /// The answer if it is a success; else throws `.refused` with what the server says, or why there was none.
    func send(
        _ method: HTTPRequest.Method,
        _ url: String,
        fields: HTTPFields = [:],
        content: (any RequestContent)? = nil,
        to sink: (any ResponseSink)? = nil
    ) async throws(ClientError) -> ClientResponse {
        var request = ClientRequest(method, url, fields: fields)
        request.fields[.authorization] = token.map { "Bearer \($0)" }
        let response: ClientResponse
        do {
            response = try await client.send(request, content: content, to: sink)
        } catch {
            throw ClientError(error)
        }
        guard response.isSuccess else { throw ClientError(response) }
        return response
    }

    func json<Value: Decodable>(
        _ type: Value.Type,
        _ method: HTTPRequest.Method,
        _ url: String,
        body: (any Encodable)? = nil
    ) async throws(ClientError) -> Value {
        var fields: HTTPFields = [.accept: "application/json"]
        var content: BytesContent?
        if let body {
            fields[.contentType] = "application/json"
            do {
                content = BytesContent(Array(try JSONEncoder().encode(body)))
            } catch {
                throw ClientError(.local, "\(error)", cause: error)
            }
        }
        let response = try await send(method, url, fields: fields, content: content)
        do {
            return try JSONDecoder().decode(type, from: Data(response.content))
        } catch {
            throw ClientError(.unexpected, "\(address) did not answer as a bucketd does.", cause: error)
        }
    }
}
