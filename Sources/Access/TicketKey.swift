import Crypto
import FoundationEssentials
package import Ingest

/// Signs tickets: nobody can make one up, or make one last longer.
///
/// A ticket's text is its id, the second it expires at, and an HMAC-SHA256 of both, joined by dots; none of its characters
/// needs an escape in a URL (RFC 3986 section 2.3).
package struct TicketKey: Sendable {
    private let key: SymmetricKey

    package init(_ bytes: [UInt8]) {
        key = SymmetricKey(data: bytes)
    }

    /// 256 bits from the system's generator.
    package static func randomBytes() -> [UInt8] {
        SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) }
    }

    package func text(of ticket: TicketRecord) -> String {
        let said = Self.said(ticket.id, seconds: ticket.expiresAt.milliseconds / 1000)
        let signature = HMAC<SHA256>.authenticationCode(for: Self.signed(said), using: key)
        return "\(said).\(Data(signature).base64EncodedString().urlSafe)"
    }

    /// The ticket of a text; the ledger knows what it is worth.
    ///
    /// Throws `.malformed`, `.unknown` for a signature that is not ours, and `.expired`.
    package func ticket(_ text: String, at moment: Timestamp) throws(AccessError) -> TicketID {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let id = TicketID(parts[0]), let seconds = Int64(parts[1]),
            let signature = Data(base64Encoded: String(parts[2]).urlUnsafe)
        else { throw AccessError(.malformed, "The ticket is malformed.") }
        let said = Self.said(id, seconds: seconds)
        guard HMAC<SHA256>.isValidAuthenticationCode(signature, authenticating: Self.signed(said), using: key) else {
            throw AccessError(.unknown, "The ticket is not known.")
        }
        guard moment.milliseconds < seconds.multipliedReportingOverflow(by: 1000).partialValue else {
            throw AccessError(.expired, "The ticket has expired.")
        }
        return id
    }

    private static func said(_ id: TicketID, seconds: Int64) -> String { "\(id).\(seconds)" }

    private static func signed(_ said: String) -> Data { Data("bucketd ticket 1\0\(said)".utf8) }
}

extension String {
    fileprivate var urlSafe: String {
        replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    fileprivate var urlUnsafe: String {
        let text = replacing("-", with: "+").replacing("_", with: "/")
        return text + String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
    }
}
