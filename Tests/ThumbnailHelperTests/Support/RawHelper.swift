import CLinux
import Glibc
import SystemPackage
import Testing
import Threading
import ThumbnailWire

/// A helper spoken to directly.
final class RawHelper: Sendable {
    let pid: pid_t
    let control: FileDescriptor

    private static let threads = BlockingThreads(name: "raw-helper", count: 2)

    static func start() async throws -> RawHelper {
        let helper = try RawHelper()
        _ = try ThumbnailGreeting(decoding: try await helper.receive())
        return helper
    }

    private init() throws {
        var ends: [CInt] = [-1, -1]
        try #require(clinux_message_pair(&ends) == 0)
        control = FileDescriptor(rawValue: ends[0])
        var started: pid_t = -1
        var environment: [UnsafeMutablePointer<CChar>?] = [nil]
        let failure = clinux_spawn_helper(try BuiltHelper.path().string, &environment, ends[1], &started)
        close(ends[1])
        try #require(failure == 0)
        pid = started
    }

    deinit {
        kill(-pid, SIGKILL)
        waitpid(pid, nil, 0)
        close(control.rawValue)
    }

    func send(_ message: [UInt8], _ descriptors: [FileDescriptor] = []) {
        let numbers = descriptors.map(\.rawValue)
        #expect(clinux_send_message(control.rawValue, message, message.count, numbers, numbers.count) == message.count)
    }

    /// The next message; empty when the helper has ended.
    func receive() async throws -> [UInt8] {
        try await Self.threads.run { [control] in
            var buffer = [UInt8](repeating: 0, count: 2048)
            let count = try buffer.withUnsafeMutableBytes { try control.read(into: $0) }
            return Array(buffer.prefix(count))
        }
    }

    /// The exit status after its end; nil if a signal ended it.
    func exitStatus() async -> CInt? {
        await Self.threads.run { [pid] in
            var status: CInt = 0
            guard waitpid(pid, &status, 0) == pid, status & 0x7f == 0 else { return nil }
            return status >> 8 & 0xff
        }
    }
}
