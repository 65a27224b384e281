import Access
import HTTPTypes
import Ingest
import Testing

@testable import UploadAPI

/// A service that knows some tokens, each of which is told by a name of its own.
struct AccessFixture {
    let service: TestService
    private let secrets: [String: TokenSecret]

    /// Tokens by name: scopes, prefix, and whether their time is over.
    init(
        _ tokens: [String: (scopes: Set<Scope>, prefix: String?, isExpired: Bool, quota: Int64?)],
        limits: IngestLimits = IngestLimits(),
        _ configure: (inout UploadServiceOptions) -> Void = { _ in }
    ) throws {
        var secrets: [String: TokenSecret] = [:]
        let known = try tokens.map { name, token in
            let secret = TokenSecret.random()
            secrets[name] = secret
            return try Token(
                id: name,
                digest: secret.sha256,
                scopes: token.scopes,
                prefix: try token.prefix.map { try PathPrefix($0) },
                expiresAt: token.isExpired ? MemoryBucket.time : nil,
                quota: token.quota
            )
        }
        self.secrets = secrets
        service = TestService(limits: limits) { options in
            options.access = AccessRules(clock: FixedClock()) { Tokens(known) }
            configure(&options)
        }
    }

    /// `token` is a token's name, nil for no token, or any text for one that is not known.
    func send(
        _ method: HTTPRequest.Method,
        _ target: String,
        as token: String?,
        _ fields: [String: String] = [:],
        body: String? = nil
    ) async -> Reply {
        var fields = fields
        if let token {
            fields["Authorization"] = "Bearer \(secrets[token]?.text ?? token)"
        }
        return await service.send(method, target, fields, chunks: body.map { [Array($0.utf8)] } ?? [])
    }
}
