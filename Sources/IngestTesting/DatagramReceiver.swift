import Glibc
import Testing

/// The service manager's side of sd_notify: a bound datagram socket.
package final class DatagramReceiver: Sendable {
    package struct Empty: Error {}

    /// For `NOTIFY_SOCKET`.
    package let address: String
    private let descriptor: Int32

    package init(abstract: Bool) throws {
        let unique = "bucketd-test-\(getpid())-\(UInt64.random(in: .min ... .max))"
        address = abstract ? "@\(unique)" : "/tmp/\(unique)"
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        try #require(descriptor >= 0)
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        let path = Array(address.utf8)
        withUnsafeMutableBytes(of: &name.sun_path) { bytes in
            bytes.copyBytes(from: path)
            if abstract { bytes[0] = 0 }
        }
        let size = MemoryLayout.offset(of: \sockaddr_un.sun_path).map { $0 + path.count + (abstract ? 0 : 1) }
        let length = socklen_t(try #require(size))
        let bound = withUnsafePointer(to: name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
        }
        try #require(bound == 0)
    }

    deinit {
        close(descriptor)
        if address.hasPrefix("/") { unlink(address) }
    }

    /// The next datagram, which must be there already.
    package func next() throws -> String {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let size = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        guard size >= 0 else { throw Empty() }
        return String(decoding: buffer.prefix(size), as: UTF8.self)
    }
}
