import SystemPackage

/// What somebody was given who may upload without a token.
struct TicketLink: Sendable {
    let ticket: String
    /// The server that the link leads to; nil if only the ticket was given, or a link without a server.
    let server: String?
    /// The directory that the link uploads into, with a slash at its end; nil if it names none.
    let directory: String?

    /// Throws `.usage` for what is no ticket.
    init(_ text: String) throws(ClientError) {
        guard let start = text.firstRange(of: "ticket=") else {
            ticket = try Self.checked(text)
            (server, directory) = (nil, nil)
            return
        }
        ticket = try Self.checked(String(text[start.upperBound...].prefix { $0 != "&" && $0 != "#" }))
        let link = text[..<start.lowerBound].prefix { $0 != "?" }
        let scheme = ["http://", "https://"].first { link.lowercased().hasPrefix($0) }
        let end = link.firstRange(of: "/files/")?.lowerBound ?? link.endIndex
        var base = link[..<end]
        if base.hasSuffix("/files") { base = base.dropLast("/files".count) }
        server = scheme == nil ? nil : String(base)
        let path = link[end...].dropFirst("/files/".count)
        directory = path.hasSuffix("/") ? Self.decoded(path) : nil
    }

    /// The first of the three that is given; nil if none is.
    ///
    /// Throws `.settings` for a file that cannot be read, or that everybody can.
    init?(_ argument: String?, file: String?, variable: String?) throws(ClientError) {
        if let argument {
            try self.init(argument)
        } else if let file {
            try self.init(TokenText.secret(in: file == "-" ? nil : FilePath(file), "ticket"))
        } else if let variable, !variable.isEmpty {
            try self.init(variable.trimmingBlanks())
        } else {
            return nil
        }
    }

    private static func checked(_ text: String) throws(ClientError) -> String {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw ClientError(.usage, "That is no ticket, nor a link with one.")
        }
        return text
    }

    /// Nil where %XX make no UTF-8.
    private static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let code = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else { return nil }
            bytes.append(code)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
