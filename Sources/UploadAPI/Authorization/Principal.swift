import Access
import Ingest

/// Who sends a request.
enum Principal: Sendable {
    /// Anybody, where there are no rules.
    case anyone
    /// Nobody that is known, for what is open to all.
    case stranger
    case token(Token)
    case ticket(TicketRecord)

    /// On whose account uploads go.
    var uploader: Uploader? {
        switch self {
        case .anyone, .stranger: nil
        case .token(let token):
            Uploader(
                id: token.owner,
                directory: token.prefix?.path,
                quota: token.quota ?? 0,
                reachesUnowned: token.scopes.contains(.admin)
            )
        case .ticket(let ticket): ticket.uploader
        }
    }

    /// As logs name it, and what it uploads is recorded (`Uploader.id`); nil: there is nothing to name.
    var name: String? { uploader?.id }

    /// Whether it has the scope somewhere.
    func has(_ scope: Scope) -> Bool {
        switch self {
        case .anyone: true
        case .stranger: false
        case .token(let token): token.scopes.contains(scope)
        case .ticket: scope == .upload
        }
    }

    /// The only directory that it may see; nil: the bucket.
    var directory: BucketPath? {
        switch self {
        case .anyone, .stranger: nil
        case .token(let token): token.prefix?.path
        case .ticket(let ticket): ticket.directory
        }
    }
}
