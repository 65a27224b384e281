import HTTPTypes

@testable import MicroHTTP

private let names = [
    "Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Prefix",
].compactMap { HTTPField.Name($0) }

/// Each line of the input is a field, whose name its first byte chooses.
func checkForwarding(_ input: [UInt8]) throws {
    var fields: HTTPFields = [:]
    for line in input.split(separator: 0x0A).prefix(16) {
        guard let first = line.first else { continue }
        let value = String(decoding: line.dropFirst(), as: UTF8.self)
        fields.append(HTTPField(name: names[Int(first) % names.count], value: value))
    }
    var proxies = TrustedProxies()
    for text in ["127.0.0.0/8", "10.0.0.0/8", "::1"] {
        try hold(proxies.insert(text), "\(text) is a network")
    }
    let stranger = try ForwardedOrigin(fields, from: .tcp(host: "192.0.2.1", port: 1), trusting: proxies)
    try hold(stranger == nil, "a stranger's word counts nothing")
    guard let origin = try? ForwardedOrigin(fields, from: .tcp(host: "127.0.0.1", port: 1), trusting: proxies) else {
        return
    }
    try checkOrigin(origin)
    try checkFirstHops(fields, origin, proxies)
}

private func checkOrigin(_ origin: ForwardedOrigin) throws {
    guard case .tcp(let host, _) = origin.client else {
        throw BrokenProperty(description: "a client has an address: \(origin.client)")
    }
    try hold(IPAddress(host) != nil, "a client has an address: \(host)")
    try hold([nil, "http", "https"].contains(origin.scheme), "a scheme is one of two")
    for text in [origin.authority ?? "", origin.prefix] {
        let isPlain = text.utf8.allSatisfy { (0x21...0x7E).contains($0) && !"\\@?#\"<>".utf8.contains($0) }
        try hold(isPlain, "what goes into a URL needs no escape: \(text)")
    }
    try hold(origin.authority?.utf8.contains(UInt8(ascii: "/")) != true, "an authority is none with a path")
    let segments = origin.prefix.split(separator: "/", omittingEmptySubsequences: false)
    let isPath = segments.first == "" && segments.dropFirst().allSatisfy { !["", ".", ".."].contains($0) }
    try hold(origin.prefix.isEmpty || isPath, "a prefix is a path: \(origin.prefix)")
}

/// What a client says to the first proxy does not count, whatever it is.
private func checkFirstHops(_ fields: HTTPFields, _ origin: ForwardedOrigin, _ proxies: TrustedProxies) throws {
    guard fields.count == 1, let field = fields[names[0]], !field.isEmpty, !proxies.contains(origin.client) else {
        return
    }
    let claim = "for=203.0.113.9;host=evil.example;proto=http, "
    let claimed: HTTPFields = [names[0]: claim + field]
    guard let again = try? ForwardedOrigin(claimed, from: .tcp(host: "127.0.0.1", port: 1), trusting: proxies) else {
        // Too many of them.
        return
    }
    try hold(again == origin, "a client's own claim counts nothing")
}
