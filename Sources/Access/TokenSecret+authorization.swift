import FoundationEssentials

extension TokenSecret {
    /// What a client shows in `Authorization`: a bearer token (RFC 6750 section 2.1), or a password (RFC 7617) for
    /// browsers and clients that know nothing else; the user's name beside it says nothing.
    ///
    /// `values` are all fields of that name. Nil for none. Throws `.ambiguous` for several, and `.malformed` for what
    /// is neither scheme, or not of its form.
    package init?(authorization values: [String]) throws(AccessError) {
        guard let value = values.first else { return nil }
        guard values.count == 1 else {
            throw AccessError(.ambiguous, "The request has more than one Authorization field.")
        }
        let parts = value.split(separator: " ", maxSplits: 1)
        guard parts.count == 2 else { throw Self.malformed }
        let credentials = parts[1].drop { $0 == " " }
        switch parts[0].lowercased() {
        case "bearer":
            guard !credentials.isEmpty, !credentials.contains(" ") else { throw Self.malformed }
            self.init(String(credentials))
        case "basic":
            guard let bytes = Data(base64Encoded: String(credentials)),
                let text = String(validating: bytes, as: UTF8.self), let colon = text.firstIndex(of: ":")
            else { throw Self.malformed }
            self.init(String(text[text.index(after: colon)...]))
        default:
            throw AccessError(.malformed, "Credentials are taken as a Bearer token, or as a password by Basic.")
        }
    }

    private static let malformed = AccessError(.malformed, "The Authorization field is malformed.")
}
