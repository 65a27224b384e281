import CLinux
import Glibc
import MicroHTTP
import SystemPackage
import Threading

/// A blocking socket, used on threads of its own, that sends exactly what it is told to.
final class RawClient: Sendable {
    let descriptor: Int32
    private let buffer = Locked<[UInt8]>([])

    private init(_ descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        _ = Glibc.close(descriptor)
    }

    /// Connects to a server; no call waits longer than 20 s.
    static func connect(_ address: BoundAddress, receiveBuffer: Int32? = nil) async throws -> RawClient {
        try await OwnThread.run { () throws(Errno) in
            let client: RawClient
            var result: Int32
            switch address {
            case .tcp(_, let port):
                client = RawClient(socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0))
                if var size = receiveBuffer {
                    setsockopt(client.descriptor, SOL_SOCKET, SO_RCVBUF, &size, 4)
                }
                var there = sockaddr_in()
                there.sin_family = sa_family_t(AF_INET)
                there.sin_port = port.bigEndian
                there.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
                result = withUnsafePointer(to: &there) {
                    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        Glibc.connect(client.descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                    }
                }
            case .unix(let path):
                client = RawClient(socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0))
                var there = sockaddr_un()
                there.sun_family = sa_family_t(AF_UNIX)
                withUnsafeMutableBytes(of: &there.sun_path) { $0.copyBytes(from: path.utf8.prefix(107)) }
                result = withUnsafePointer(to: &there) {
                    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        Glibc.connect(client.descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                    }
                }
            }
            guard result == 0 else { throw Errno(rawValue: errno) }
            var time = timeval(tv_sec: 20, tv_usec: 0)
            setsockopt(client.descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
            setsockopt(client.descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
            return client
        }
    }

    func send(_ text: String) async throws {
        try await send(Array(text.utf8))
    }

    /// Sends everything, or throws what send(2) failed with.
    func send(_ bytes: [UInt8]) async throws {
        try await OwnThread.run { [self] () throws(Errno) in
            var sent = 0
            while sent < bytes.count {
                let count = bytes.withUnsafeBytes {
                    Glibc.send(descriptor, $0.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
                }
                guard count > 0 else { throw Errno(rawValue: errno) }
                sent += count
            }
        }
    }

    /// Whether the server has neither sent anything nor closed.
    var isQuiet: Bool {
        var byte: UInt8 = 0
        return recv(descriptor, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)) < 0 && errno == EAGAIN
    }

    /// Sends a byte every 10 ms until that fails because the server has closed; throws when it goes on for 10 s.
    func drip(_ byte: String) async throws {
        for _ in 0..<1000 {
            do {
                try await send(byte)
            } catch {
                return
            }
            await OwnThread.run { [descriptor] in
                var poll = pollfd(fd: descriptor, events: 0, revents: 0)
                _ = Glibc.poll(&poll, 1, 10)
            }
        }
        throw Errno.timedOut
    }

    /// Half-closes the connection.
    func finishSending() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Closes with a reset.
    func reset() {
        var linger = Glibc.linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
        // The descriptor stays ours until deinit: connecting to nowhere resets the connection.
        var nowhere = sockaddr(sa_family: sa_family_t(AF_UNSPEC), sa_data: sockaddr().sa_data)
        _ = Glibc.connect(descriptor, &nowhere, socklen_t(MemoryLayout<sockaddr>.size))
    }

    /// All bytes until the server closes; a reset counts as a close.
    func readToEnd() async throws -> String {
        while let more = try await receive() { buffer.withLock { $0 += more } }
        return buffer.withLock { buffer in
            defer { buffer = [] }
            return String(decoding: buffer, as: UTF8.self)
        }
    }

    /// All responses until the server closes.
    func readAll() async throws -> [WireResponse] {
        WireResponse.all(in: try await readToEnd())
    }

    /// One response with a Content-Length, or without a body.
    func readResponse(isHead: Bool = false) async throws -> WireResponse {
        while true {
            if let response = buffer.withLock({ WireResponse(takingFrom: &$0, isHead: isHead) }) { return response }
            guard let more = try await receive() else { throw Errno.connectionReset }
            buffer.withLock { $0 += more }
        }
    }

    /// Nil at the end.
    func receive(_ limit: Int = 1 << 16) async throws -> [UInt8]? {
        try await OwnThread.run { [self] () throws(Errno) in
            var failure: Errno?
            let bytes = [UInt8](unsafeUninitializedCapacity: limit) { space, count in
                let size = recv(self.descriptor, space.baseAddress, limit, 0)
                if size < 0, errno != ECONNRESET { failure = Errno(rawValue: errno) }
                count = max(0, size)
            }
            if let failure { throw failure }
            return bytes.isEmpty ? nil : bytes
        }
    }
}
