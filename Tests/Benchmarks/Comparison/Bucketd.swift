import IngestTesting
import SystemPackage

/// The daemon as it is shipped: hashing, thumbnails and all.
struct Bucketd: Contestant {
    let isDurable: Bool

    var name: String { isDurable ? "bucketd" : "bucketd, relaxed" }

    func measure(_ workload: Workload, in directory: FilePath) async throws -> Measurement? {
        // A small disk of the benchmark's is not to be taken for a full one.
        let settings = "limits: {minFreeSpace: 0}\n" + (isDurable ? "" : "durability: relaxed\n")
        var options = DaemonProcess.Options(settings: settings)
        options.logLevel = "notice"
        let daemon = try await DaemonProcess.start(in: try TemporaryDirectory(in: directory), options: options)
        // Its directory goes with the last reference.
        defer { withExtendedLifetime(daemon) {} }
        guard case .port(let port) = daemon.address else { return nil }
        let server = RunningServer(process: daemon.process, port: port)
        return try await server.take(workload, RunningServer.Target(put: "/files/", form: "/upload-file"))
    }
}
