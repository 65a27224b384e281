import Glibc
import IngestTesting
import SystemPackage
import Threading

/// Accepts one connection, reads, answers and closes.
final class ScriptedServer: Sendable {
    struct Served: Equatable {
        let received: String
        let wasReset: Bool
    }

    let address: LoopbackClient.Address
    private let descriptor: Int32
    private let directory: TemporaryDirectory
    private let thread = BlockingThreads(name: "test-server", count: 1)

    init(unix: Bool) throws {
        directory = try TemporaryDirectory()
        let descriptor = socket(unix ? AF_UNIX : AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let path = directory.file("socket")
        withUnsafeMutableBytes(of: &storage) { bytes in
            if unix {
                bytes.storeBytes(of: sa_family_t(AF_UNIX), as: sa_family_t.self)
                bytes[2...].copyBytes(from: path.string.utf8)
                length = socklen_t(3 + path.string.utf8.count)
            } else {
                bytes.storeBytes(of: sa_family_t(AF_INET), as: sa_family_t.self)
                bytes[4...].copyBytes(from: [127, 0, 0, 1])
            }
        }
        let bound = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                let result = bind(descriptor, address, length)
                return result == 0 && getsockname(descriptor, address, &length) == 0
            }
        }
        guard bound, listen(descriptor, 8) == 0 else { throw Errno(rawValue: errno) }
        self.descriptor = descriptor
        let port = withUnsafeBytes(of: &storage) { UInt16($0[2]) << 8 | UInt16($0[3]) }
        address = unix ? .unix(path) : .port(port)
    }

    deinit {
        close(descriptor)
    }

    /// Reads until the bytes end with `marker`, or to the end of the connection if nil, then sends `answer`.
    func serve(until marker: String?, answer: String) async throws -> Served {
        let descriptor = descriptor
        return try await thread.run {
            let connection = accept(descriptor, nil, nil)
            guard connection >= 0 else { throw Errno(rawValue: errno) }
            defer { close(connection) }
            var received: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 4096)
            var count = 1
            while count > 0, marker.map({ !String(decoding: received, as: UTF8.self).hasSuffix($0) }) ?? true {
                count = recv(connection, &buffer, buffer.count, 0)
                received += buffer.prefix(max(0, count))
            }
            let wasReset = count < 0 && errno == ECONNRESET
            _ = send(connection, answer, answer.utf8.count, Int32(MSG_NOSIGNAL))
            return Served(received: String(decoding: received, as: UTF8.self), wasReset: wasReset)
        }
    }
}
