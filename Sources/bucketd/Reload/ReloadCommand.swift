import ArgumentParser
import FoundationEssentials
import Glibc
import SystemPackage
import Threading

struct ReloadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload",
        abstract: "Have the daemon read its settings again, and wait until it has; for bucketd.service.",
        discussion: """
            This is what “systemctl reload bucketd” runs. It ends when the new settings hold, or with 1 and the reasons \
            when they are wrong and the old ones stay. Elsewhere send the daemon SIGHUP, and see its log.
            """
    )

    private static let patience = Duration.seconds(60)
    private static let interval = Duration.milliseconds(10)

    @Argument(help: "The daemon's process.")
    var process: Int32

    func validate() throws {
        // Zero and less are groups of processes (kill(2)).
        guard process > 0 else { throw ValidationError("The process is a number above 0.") }
    }

    func run() async throws {
        guard let path = ReloadReport.path(ProcessInfo.processInfo.environment) else {
            throw Self.failure("There is no RUNTIME_DIRECTORY: use “systemctl reload bucketd”, or send SIGHUP.")
        }
        let problems: [String]
        do {
            defer { unlink(path.string) }
            problems = try await Self.reload(process, path)
        } catch let error as Errno {
            throw Self.failure("process \(process) cannot be asked: \(error)")
        }
        guard problems.isEmpty else {
            for problem in problems { StandardError.print("bucketd: \(problem)") }
            throw Self.failure("settings not reloaded, the old ones stay")
        }
    }

    private static func reload(_ process: Int32, _ path: FilePath) async throws -> [String] {
        // What an earlier one left would be another's to read.
        unlink(path.string)
        let file = try FileDescriptor.open(
            path,
            .readWrite,
            options: [.create, .exclusiveCreate, .closeOnExec],
            permissions: .ownerReadWrite
        )
        defer { try? file.close() }
        guard kill(process, SIGHUP) == 0 else { throw Errno(rawValue: errno) }
        let end = ContinuousClock.now + patience
        while ContinuousClock.now < end {
            if let problems = ReloadReport.problems(in: try text(of: file)) { return problems }
            guard kill(process, 0) == 0 else { throw Errno(rawValue: errno) }
            try await Task.sleep(for: interval)
        }
        throw Errno.timedOut
    }

    private static func text(of file: FileDescriptor) throws -> String {
        var bytes: [UInt8] = []
        var count = 0
        repeat {
            let offset = Int64(bytes.count)
            count = 0
            bytes += try [UInt8](unsafeUninitializedCapacity: 4096) { space, initialized in
                count = try file.read(fromAbsoluteOffset: offset, into: UnsafeMutableRawBufferPointer(space))
                initialized = count
            }
        } while count > 0
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func failure(_ message: String) -> ExitCode {
        StandardError.print("bucketd: \(message)")
        return ExitCode.failure
    }
}
