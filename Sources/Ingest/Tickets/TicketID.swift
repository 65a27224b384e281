/// Names one ticket.
package struct TicketID: Hashable, Sendable, CustomStringConvertible {
    package let rawValue: String

    /// Nil unless `rawValue` is 16 lowercase hexadecimal digits.
    package init?(_ rawValue: some StringProtocol) {
        let isHexadecimal = rawValue.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
        guard rawValue.utf8.count == 16, isHexadecimal else { return nil }
        self.rawValue = String(rawValue)
    }

    private init(trusted: String) {
        rawValue = trusted
    }

    /// No secret: what makes a ticket hard to guess is its signature.
    package static func random() -> Self {
        Self(trusted: String(UploadID.random().rawValue.prefix(16)))
    }

    /// As what the uploads and files that came with it are recorded (`Uploader.id`).
    package var owner: String { "ticket/\(rawValue)" }

    /// The ticket that an owner is; nil for another owner.
    package init?(owner: String?) {
        guard let owner, owner.hasPrefix("ticket/") else { return nil }
        self.init(owner.dropFirst("ticket/".count))
    }

    package var description: String { rawValue }
}
