/// The peers whose word on where a request comes from is taken.
package struct TrustedProxies: Sendable, Equatable {
    private struct Network: Equatable {
        let address: IPAddress
        /// Of 128.
        let bits: Int

        func contains(_ other: IPAddress) -> Bool {
            let whole = bits / 8
            guard other.bytes[..<whole].elementsEqual(address.bytes[..<whole]) else { return false }
            guard bits % 8 > 0 else { return true }
            let shift = 8 - bits % 8
            return other.bytes[whole] >> shift == address.bytes[whole] >> shift
        }
    }

    private var networks: [Network] = []
    private var includesUnix = false

    /// Nobody.
    package init() {}

    package var isEmpty: Bool { networks.isEmpty && !includesUnix }

    /// Takes `127.0.0.1`, `::1`, `10.0.0.0/8`, `fd00::/8` and `unix`; false for anything else.
    package mutating func insert(_ text: String) -> Bool {
        guard text != "unix" else {
            includesUnix = true
            return true
        }
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let address = IPAddress(parts[0]) else { return false }
        let width = address.isIPv4 && !parts[0].contains(":") ? 32 : 128
        var bits = width
        if parts.count == 2 {
            guard let number = Int(parts[1]), parts[1] == String(number), (0...width).contains(number) else {
                return false
            }
            bits = number
        }
        networks.append(Network(address: address, bits: bits + 128 - width))
        return true
    }

    func contains(_ peer: PeerAddress) -> Bool {
        switch peer {
        case .unix: return includesUnix
        case .tcp(let host, _):
            guard let address = IPAddress(host) else { return false }
            return networks.contains { $0.contains(address) }
        }
    }
}
