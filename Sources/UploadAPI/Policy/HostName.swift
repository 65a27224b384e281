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

    /// RFC 6761 section 6.3 keeps `localhost` and what is below it for loopback.
    var isLoopback: Bool {
        if text == "localhost" || text.hasSuffix(".localhost") || text == "::1" { return true }
        let numbers = text.split(separator: ".", omittingEmptySubsequences: false)
        return numbers.count == 4 && numbers[0] == "127" && numbers.allSatisfy { UInt8($0) != nil }
    }
}
