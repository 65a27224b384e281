import Glibc

/// A numeric IP address; an IPv4 address is held as IPv6 maps it (RFC 4291 section 2.5.5.2).
struct IPAddress: Hashable, Sendable {
    private static let mapped: [UInt8] = Array(repeating: 0, count: 10) + [0xFF, 0xFF]

    /// 16 of them.
    let bytes: [UInt8]

    var isIPv4: Bool { bytes.starts(with: Self.mapped) }

    /// Takes what inet_pton(3) does: no zone, no port, no brackets.
    init?(_ text: String) {
        var four = in_addr()
        var six = in6_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            bytes = Self.mapped + withUnsafeBytes(of: four, Array.init)
        } else if inet_pton(AF_INET6, text, &six) == 1 {
            bytes = withUnsafeBytes(of: six, Array.init)
        } else {
            return nil
        }
    }

    /// As inet_ntop(3) writes it.
    var text: String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { buffer in
            let address = Array(isIPv4 ? bytes[12...] : bytes[...])
            let family = isIPv4 ? AF_INET : AF_INET6
            guard inet_ntop(family, address, buffer.baseAddress, socklen_t(buffer.count)) != nil else { return "" }
            return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }
}
