import Access
import Ingest
import MicroHTTP

/// What a route asks of whoever calls it, where there are rules.
enum AccessRequirement: Hashable, Sendable {
    /// Nothing.
    case open
    /// A token, whatever it allows.
    case token
    /// The scope, for the whole server.
    case server(Scope)
    /// The scope, for the file or directory that the path names.
    case file(Scope)
    /// `read`, for the directory that the path names and the `prefix` of the query.
    case listing
    /// `upload`, for the directory that the path names; tus may name another in its metadata, which is judged when it is
    /// read.
    case creation
    /// `upload`; whose upload it is, the upload itself tells.
    case upload
    /// `read` or `upload`, anywhere: the page shows what the token allows.
    case page

    /// Decides by the request's target alone, so nobody learns of a file that is not theirs whether it
    /// is there.
    func check(_ permissions: Permissions, _ request: Request, _ captures: [[UInt8]]) throws {
        switch self {
        case .open, .token:
            return
        case .server(let scope):
            try permissions.require(scope, at: nil)
        case .file(let scope):
            try permissions.require(scope, at: BucketPath(lookingUp: captures))
        case .listing:
            try permissions.require(.read)
            try Self.checkListing(permissions, request, captures)
        case .creation:
            try permissions.require(.upload)
            guard !Tus.isSpoken(request.headers) else { return }
            try permissions.require(.upload, at: BucketPath(lookingUp: captures))
        case .upload:
            try permissions.require(.upload)
        case .page:
            guard !permissions.scopes.contains(.read) else { return }
            try permissions.require(.upload)
        }
    }

    /// What is listed are paths that begin with a text, which need not end where a name does.
    private static func checkListing(_ permissions: Permissions, _ request: Request, _ captures: [[UInt8]]) throws {
        guard let directory = permissions.prefix else { return }
        let prefix = try request.target.query().first { $0.name == "prefix" }?.value ?? ""
        let slash = [UInt8(ascii: "/")]
        let listed = captures.flatMap { $0 + slash } + Array(prefix.utf8)
        guard listed.starts(with: directory.path.bytes + slash) else { throw permissions.isElsewhere }
    }
}
