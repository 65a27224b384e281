import Access
import ArgumentParser
import FoundationEssentials
import Ingest

struct NewToken: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new",
        abstract: "Add a token to the file and print its secret, this once.",
        discussion: "The file keeps the secret's SHA-256 only. The server reads the file at its start and on SIGHUP."
    )

    private static let scopes = Scope.allCases.map(\.rawValue)

    @OptionGroup var tokens: TokenFileOptions

    @Option(
        help: "What it allows: \(NewToken.scopes.joined(separator: ", ")). May be repeated.",
        completion: .list(NewToken.scopes),
        transform: NewToken.scope
    )
    var scope: [Scope]

    @Option(help: "The only directory that it holds for, with all below.")
    var prefix: String?

    @Option(help: "How long it holds, as in 12h, 90d; for ever if not given.", transform: NewToken.duration)
    var expires: Duration?

    @Option(help: "Bytes that its files may have together, as in 10GiB.", transform: NewToken.bytes)
    var quota: Int64?

    @Option(help: "Names it in logs; made up if not given.")
    var id: String?

    func run() throws {
        let secret = TokenSecret.random()
        let token = try Token(
            id: id ?? Token.randomID(),
            digest: secret.sha256,
            scopes: Set(scope),
            prefix: try prefix.map { try PathPrefix($0) },
            expiresAt: expires.map { Timestamp.now.advanced(by: $0) },
            quota: quota
        )
        try tokens.file.append(token)
        print(secret.text)
    }

    private static func scope(_ text: String) throws -> Scope {
        guard let scope = Scope(rawValue: text) else {
            throw ValidationError("There is no scope “\(text)”; there are \(scopes.joined(separator: ", ")).")
        }
        return scope
    }

    private static func duration(_ text: String) throws -> Duration {
        guard let time = Quantity.duration(text), time > .zero else {
            throw ValidationError("“\(text)” is not a time such as 90d.")
        }
        return time
    }

    private static func bytes(_ text: String) throws -> Int64 {
        guard let bytes = Quantity.bytes(text), bytes > 0 else {
            throw ValidationError("“\(text)” is not a size such as 10GiB.")
        }
        return bytes
    }
}

extension Timestamp {
    static var now: Self { Self(milliseconds: Int64(Date.now.timeIntervalSince1970 * 1000)) }
}
