import CLinux
import Glibc
import SystemPackage
import Threading

/// A server on 127.0.0.1 that does with each connection what a test says.
package final class ScriptedListener: Sendable {
    /// Threads live as long as the process.
    private static let threads = BlockingThreads(name: "test-listener", count: 64)

    package let port: UInt16
    private let descriptor: Int32

    /// `serve` is called for each connection, on a thread of its own, with the number of the connection from 0 on.
    package init(_ serve: @escaping @Sendable (ScriptedConnection, Int) -> Void) throws {
        let descriptor = clinux_listen_tcp("127.0.0.1", 0, 64)
        guard descriptor >= 0 else { throw Errno(rawValue: errno) }
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isNamed = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) == 0 }
        }
        guard isNamed else { throw Errno(rawValue: errno) }
        self.descriptor = descriptor
        port = UInt16(bigEndian: address.sin_port)
        Self.threads.start {
            var number = 0
            while Self.waitsForReading(descriptor) {
                let connection = accept(descriptor, nil, nil)
                if connection < 0 && (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED) { continue }
                guard connection >= 0 else { break }
                let count = number
                Self.threads.start { serve(ScriptedConnection(connection), count) }
                number += 1
            }
            Glibc.close(descriptor)
        }
    }

    deinit {
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    /// The listening socket does not block.
    private static func waitsForReading(_ descriptor: Int32) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        while poll(&entry, 1, -1) < 0 {
            guard errno == EINTR else { return false }
        }
        return Int32(entry.revents) & Int32(POLLIN) != 0 && Int32(entry.revents) & Int32(POLLHUP) == 0
    }
}

/// The server's end of a connection; its calls block.
package final class ScriptedConnection: Sendable {
    package let descriptor: Int32

    init(_ descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        Glibc.close(descriptor)
    }

    /// What comes up to the end of a head, or of the connection; what came behind it is `rest`.
    package func readHead() -> (head: String, rest: [UInt8]) {
        var bytes: [UInt8] = []
        while let part = read() {
            bytes += part
            if let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) {
                return (String(decoding: bytes[..<end.upperBound], as: UTF8.self), Array(bytes[end.upperBound...]))
            }
        }
        return (String(decoding: bytes, as: UTF8.self), [])
    }

    /// What comes next; nil at the end of the connection.
    package func read() -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count < 0 && errno == EINTR { continue }
            return count > 0 ? Array(buffer.prefix(count)) : nil
        }
    }

    /// So many bytes; fewer at the end of the connection.
    package func read(_ count: Int, after rest: [UInt8] = []) -> [UInt8] {
        var bytes = rest
        while bytes.count < count, let part = read() { bytes += part }
        return bytes
    }

    /// Whether all of it could be handed to the kernel.
    @discardableResult
    package func send(_ bytes: some Collection<UInt8>) -> Bool {
        let bytes = Array(bytes)
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    @discardableResult
    package func send(_ text: String) -> Bool { send(text.utf8) }

    /// Has the end of the connection be a reset.
    package func resetAtEnd() { clinux_reset_on_close(descriptor) }
}
