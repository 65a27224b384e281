import CLinux
import Glibc
import IngestTesting
import SystemPackage

/// One connection of a load thread: blocking calls without ceremony, so that the load is not what is measured.
struct Connection: ~Copyable {
    private let descriptor: Int32

    init(to daemon: DaemonProcess, timeout: Duration = .seconds(120)) throws {
        descriptor = try Self.connect(to: daemon.address, timeout: timeout)
    }

    private static func connect(to address: LoopbackClient.Address, timeout: Duration) throws -> Int32 {
        guard case .port(let port) = address else { throw Errno.addressNotAvailable }
        let descriptor = clinux_connect_loopback(port, Int32(timeout / .milliseconds(1)))
        guard descriptor >= 0 else { throw Errno(rawValue: errno) }
        return descriptor
    }

    deinit { close(descriptor) }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.send(descriptor, buffer.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Errno(rawValue: errno) }
            sent += count
        }
    }

    /// Sends what fits the socket now; false once the server has ended the connection.
    func offer(_ bytes: [UInt8]) -> Bool {
        let count = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
        return count >= 0 || errno == EAGAIN
    }

    /// The status of the final response, nil if the connection ends without one; the rest of it is not read.
    func status() -> Int? {
        head().flatMap { Int($0.dropFirst(9).prefix(3)) }
    }

    /// The head of the final response, nil if the connection ends without one; what follows may be read with it.
    func head() -> String? {
        var text = ""
        while true {
            while let end = text.firstRange(of: "\r\n\r\n") {
                guard text.hasPrefix("HTTP/1.1 1") else { return String(text[..<end.upperBound]) }
                // Interim responses (1xx) are a head only.
                text.removeSubrange(..<end.upperBound)
            }
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            text += String(decoding: buffer.prefix(count), as: UTF8.self)
        }
    }

    /// Makes the end of this connection an RST.
    func resetAtEnd() { clinux_reset_on_close(descriptor) }
}

func head(put name: String, length: Int, _ fields: String = "") -> String {
    "PUT /files/\(name) HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(length)\r\n\(fields)\r\n"
}

/// Sends a whole upload; its status and how long it took, from the connection to the answer.
func upload(
    _ name: String,
    _ chunk: [UInt8],
    times: Int,
    to daemon: DaemonProcess
) throws -> (status: Int?, time: Duration) {
    let clock = ContinuousClock()
    let start = clock.now
    let connection = try Connection(to: daemon)
    try connection.send(head(put: name, length: chunk.count * times, "Connection: close\r\n"))
    for _ in 0..<times { try connection.send(chunk) }
    let status = connection.status()
    return (status, clock.now - start)
}
