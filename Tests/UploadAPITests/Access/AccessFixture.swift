import Access
import HTTPTypes
import Ingest
import Testing
import Threading

@testable import UploadAPI

/// A service that knows some tokens, each of which is told by a name of its own.
struct AccessFixture {
    let service: TestService
    private let secrets: [String: TokenSecret]
    private let known: Locked<Tokens>

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
        let current = Locked(Tokens(known))
        self.known = current
        service = TestService(limits: limits) { options in
            options.access = AccessRules(clock: FixedClock()) { current.withLock { $0 } }
            configure(&options)
        }
    }

    /// For as long as `body` runs the token is not known, as after a reload of a file from which it is gone.
    func without(_ token: String, _ body: () async -> Void) async {
        let all = known.withLock { known in
            defer { known = Tokens(known.tokens.filter { $0.id != token }) }
            return known
        }
        await body()
        known.withLock { $0 = all }
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
