/// A host as `Host` names it, without its port.
struct HostName: Hashable, Sendable {
    /// In lower case, IPv6 addresses without brackets.
    let text: String

    /// Takes `name`, `name:port`, `[address]` and `[address]:port`.
    init(authority: String) {
        let lowercased = authority.lowercased()
        if lowercased.hasPrefix("["), let end = lowercased.firstIndex(of: "]") {
            text = String(lowercased[lowercased.index(after: lowercased.startIndex)..<end])
            return
        }
        var name = lowercased.prefix { $0 != ":" }
        if name.hasSuffix(".") { name.removeLast() }
        text = String(name)
    }

    /// Takes a numeric address as it is.
    init(address: String) {
        text = address.lowercased()
    }

    /// Whether it is an IP address: colons are left of an address in brackets only.
    var isAddress: Bool { text.contains(":") || isIPv4 }

    /// RFC 6761 section 6.3 keeps `localhost` and what is below it for loopback.
    var isLoopback: Bool {
        text == "localhost" || text.hasSuffix(".localhost") || text == "::1" || (isIPv4 && text.hasPrefix("127."))
    }

    private var isIPv4: Bool {
        let numbers = text.split(separator: ".", omittingEmptySubsequences: false)
        return numbers.count == 4 && numbers.allSatisfy { UInt8($0) != nil }
    }
}
