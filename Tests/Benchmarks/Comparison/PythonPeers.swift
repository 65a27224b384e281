import Glibc
import IngestTesting
import SystemPackage

/// The endpoint that the daemon's `POST /upload-file` takes the place of, with one worker a core.
///
/// It takes forms only.
struct FastAPI: Contestant {
    let environment: FilePath
    /// Where the application lies.
    let sources: FilePath

    var name: String { "FastAPI" }

    func measure(_ workload: Workload, in directory: FilePath) async throws -> Measurement? {
        let place = try TemporaryDirectory(in: directory)
        defer { withExtendedLifetime(place) {} }
        try place.makeDirectory("bucket")
        try place.makeDirectory("temporary")
        let port = try RunningServer.freePort()
        let process = try await ChildProcess.start(
            environment.pushing("bin/python"),
            [
                "-m", "uvicorn", "--app-dir", sources.string, "upload_file:app", "--port", "\(port)",
                "--workers", "\(sysconf(Int32(_SC_NPROCESSORS_ONLN)))", "--no-access-log", "--log-level", "warning",
            ],
            environment: ["BUCKET": place.file("bucket").string, "TMPDIR": place.file("temporary").string]
        )
        let server = RunningServer(process: process, port: port)
        try await server.awaitListening()
        return try await server.take(workload, RunningServer.Target(form: "/upload-file"))
    }
}

/// copyparty with its own defaults, on a volume that anybody may write to.
struct Copyparty: Contestant {
    let environment: FilePath

    var name: String { "copyparty" }

    func measure(_ workload: Workload, in directory: FilePath) async throws -> Measurement? {
        let place = try TemporaryDirectory(in: directory)
        defer { withExtendedLifetime(place) {} }
        try place.makeDirectory("bucket")
        let port = try RunningServer.freePort()
        let process = try await ChildProcess.start(
            environment.pushing("bin/python"),
            [
                "-m", "copyparty", "-q", "-i", "127.0.0.1", "-p", "\(port)", "-v", "\(place.file("bucket"))::rw",
            ],
            environment: ["XDG_CONFIG_HOME": place.path.string, "HOME": place.path.string]
        )
        let server = RunningServer(process: process, port: port)
        try await server.awaitListening()
        let target = RunningServer.Target(put: "/", form: "/?j", field: "f", extra: "act=bput")
        return try await server.take(workload, target)
    }
}
