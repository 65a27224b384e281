import Glibc
package import SystemPackage

/// The built `bucketd`, run by a test on directories of its own.
package final class DaemonProcess: Sendable {
    package struct Options: Sendable {
        /// The program to run instead of the one that was built with the tests.
        package var executable: FilePath?
        /// Further arguments of `bucketd serve`.
        package var arguments: [String] = []
        /// Variables to set, or with nil to remove.
        package var environment: [String: String?] = [:]
        /// The text of a settings file.
        package var settings: String?
        package var listen = "127.0.0.1:0"
        /// Nil for what the settings say.
        package var logLevel: String? = "debug"

        package init(arguments: [String] = [], settings: String? = nil) {
            self.arguments = arguments
            self.settings = settings
        }
    }

    /// Holds `bucket`, `bucket.state` and the settings file; a restart uses it again.
    package let directory: TemporaryDirectory
    package let options: Options
    package let process: ChildProcess
    package let address: LoopbackClient.Address

    package var bucket: FilePath { directory.file("bucket") }
    package var state: FilePath { directory.file("bucket.state") }
    package var processID: Int32 { process.processID }
    package var output: String { process.output }
    /// `http://127.0.0.1:PORT`, nil on a Unix socket.
    package var url: String? {
        if case .port(let port) = address { "http://127.0.0.1:\(port)" } else { nil }
    }

    private init(
        directory: TemporaryDirectory,
        options: Options,
        process: ChildProcess,
        address: LoopbackClient.Address
    ) {
        self.directory = directory
        self.options = options
        self.process = process
        self.address = address
    }

    /// Starts the daemon and waits until it listens.
    package static func start(
        in directory: TemporaryDirectory,
        options: Options = Options()
    ) async throws -> DaemonProcess {
        let process = try await launch(in: directory, options: options)
        guard let address = await address(of: process) else {
            process.kill()
            throw NotListening(status: await process.waitForExit(), output: process.output)
        }
        return DaemonProcess(directory: directory, options: options, process: process, address: address)
    }

    /// Where a daemon listens, once it does; nil if it ends before.
    package static func address(of process: ChildProcess) async -> LoopbackClient.Address? {
        await process.firstLine(listeningAddress).flatMap(parse)
    }

    /// Starts the daemon and does not wait, for tests of a start that fails.
    package static func launch(
        in directory: TemporaryDirectory,
        options: Options = Options()
    ) async throws -> ChildProcess {
        try directory.makeDirectory("bucket")
        var arguments = ["serve", "--bucket", directory.file("bucket").string, "--listen", options.listen]
        if let level = options.logLevel { arguments += ["--log-level", level] }
        if let settings = options.settings {
            try directory.write(settings.utf8, to: "bucketd.yaml")
            arguments += ["--config", directory.file("bucketd.yaml").string]
        }
        let service = [
            "NOTIFY_SOCKET", "JOURNAL_STREAM", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "WATCHDOG_USEC",
        ]
        let environment = [String: String?](uniqueKeysWithValues: service.map { ($0, nil) })
            .merging(options.environment) { $1 }
        return try await ChildProcess.start(
            options.executable ?? Executables.path(of: "bucketd"),
            arguments + options.arguments,
            environment: environment
        )
    }

    /// Starts another daemon on the same directories; this one must have ended.
    package func restart(options: Options? = nil) async throws -> DaemonProcess {
        try await Self.start(in: directory, options: options ?? self.options)
    }

    package func terminate() { process.terminate() }
    package func kill() { process.kill() }

    /// The exit status, or 128 + the signal that ended the daemon.
    @discardableResult
    package func waitForExit() async -> Int32 {
        await process.waitForExit()
    }

    /// The most resident memory so far, in bytes (`VmHWM`, proc(5)); the daemon must be running.
    package func peakMemory() throws -> Int {
        try memory("VmHWM:")
    }

    /// Resident memory now, in bytes.
    package func residentMemory() throws -> Int {
        try memory("VmRSS:")
    }

    private func memory(_ field: String) throws -> Int {
        let status = try FileDescriptor.open(FilePath("/proc/\(processID)/status"), .readOnly, options: .closeOnExec)
        let text = try status.closeAfter {
            try String(unsafeUninitializedCapacity: 8192) { buffer in
                try status.read(into: UnsafeMutableRawBufferPointer(buffer))
            }
        }
        let line = text.split(separator: "\n").first { $0.hasPrefix(field) } ?? ""
        guard let kibibytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Int($0) }) else {
            throw Errno.noSuchProcess
        }
        return kibibytes * 1024
    }

    /// `ADDRESS` of a log line `... listening ... address=ADDRESS ...`.
    private static let listeningAddress: @Sendable (String) -> String? = { line in
        if line.contains("\"message\":\"listening\"") {
            return line.split(separator: "\"").drop { $0 != "address" }.dropFirst(2).first.map(String.init)
        }
        let words = line.split(separator: " ")
        guard words.contains(where: { $0 == "listening" || $0.hasSuffix(">listening") }) else { return nil }
        return words.first { $0.hasPrefix("address=") }.map { String($0.dropFirst("address=".count)) }
    }

    private static func parse(_ address: String) -> LoopbackClient.Address? {
        if address.hasPrefix("unix:") { return .unix(FilePath(String(address.dropFirst("unix:".count)))) }
        return address.split(separator: ":").last.flatMap { UInt16($0) }.map { .port($0) }
    }

    /// A daemon that ended, or was given up on, before it listened.
    package struct NotListening: Error, CustomStringConvertible {
        package let status: Int32
        package let output: String
        package var description: String { "bucketd does not listen (exit status \(status)); its output:\n\(output)" }
    }
}
