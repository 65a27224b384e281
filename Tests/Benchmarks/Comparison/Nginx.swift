import Glibc
import IngestTesting
import SystemPackage

/// nginx with its module for PUT: a temporary file that is renamed, no sync, no hash.
///
/// It takes no forms.
struct Nginx: Contestant {
    let program: FilePath
    /// `client_body_buffer_size`: what is written at a time; nil for the default of 16 KiB.
    var buffer: String?

    var name: String { buffer.map { "nginx, buffers of \($0)" } ?? "nginx" }

    func measure(_ workload: Workload, in directory: FilePath) async throws -> Measurement? {
        let place = try TemporaryDirectory(in: directory)
        defer { withExtendedLifetime(place) {} }
        try place.makeDirectory("bucket")
        let port = try RunningServer.freePort()
        try place.write(configuration(place.path, port: port).utf8, to: "nginx.conf")
        let process = try await ChildProcess.start(
            program,
            ["-p", place.path.string, "-c", place.file("nginx.conf").string, "-e", place.file("error.log").string]
        )
        let server = RunningServer(process: process, port: port)
        try await server.awaitListening()
        return try await server.take(workload, RunningServer.Target(put: "/"))
    }

    private func configuration(_ place: FilePath, port: UInt16) -> String {
        let unused = ["proxy", "fastcgi", "uwsgi", "scgi"].map { "\($0)_temp_path \(place)/\($0);" }
        return """
            \(geteuid() == 0 ? "user root;" : "")
            daemon off;
            worker_processes auto;
            pid \(place)/nginx.pid;
            error_log \(place)/error.log warn;
            events { worker_connections 1024; }
            http {
                access_log off;
                client_max_body_size 0;
                client_body_temp_path \(place)/temporary;
                \(buffer.map { "client_body_buffer_size \($0);" } ?? "")
                \(unused.joined(separator: " "))
                keepalive_requests 100000000;
                server {
                    listen 127.0.0.1:\(port);
                    location / {
                        root \(place)/bucket;
                        dav_methods PUT;
                    }
                }
            }
            """
    }
}
