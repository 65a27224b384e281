import CLinux

extension clinux_address {
    /// AF_INET, AF_INET6 or AF_UNIX; an IPv4 address mapped into IPv6 counts as AF_INET.
    var family: Int32 {
        withUnsafePointer(to: self) { clinux_address_family($0) }
    }

    var port: UInt16 {
        withUnsafePointer(to: self) { clinux_address_port($0) }
    }

    /// The numeric host or the path of a Unix socket.
    var host: String {
        withUnsafePointer(to: self) { address in
            withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { text in
                guard let base = text.baseAddress else { return "" }
                clinux_address_host(address, base, text.count)
                return String(cString: base)
            }
        }
    }
}
