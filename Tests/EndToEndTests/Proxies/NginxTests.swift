import Glibc
import IngestTesting
import SystemPackage
import Testing

/// The README's nginx does what it is said to do.
@Suite(.requires(.nginx, .command("openssl")), .timeLimit(.minutes(2))) struct NginxTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    /// Over TLS, under the name that clients use.
    private func curl(_ arguments: [String], at path: String, through nginx: Nginx) async throws -> CurlReply {
        let (name, port) = (Nginx.name, nginx.ports.secure)
        let known = ["--cacert", directory.file("ca.pem").string, "--resolve", "\(name):\(port):127.0.0.1"]
        return try await CurlReply.get(known + arguments + ["https://\(name):\(port)\(path)"])
    }

    /// Its client's address is known, whatever the client says of itself.
    @Test func uploadsGoThrough() async throws {
        let nginx = try await Nginx.start(in: directory)
        try directory.write(Array("hello".utf8), to: "a.txt")
        let file = directory.file("a.txt").string
        let lies = [
            "X-Forwarded-For: 192.0.2.9", "Forwarded: for=192.0.2.9;host=evil.example",
            "X-Forwarded-Host: evil.example",
            "X-Forwarded-Prefix: /evil", "X-Forwarded-Proto: gopher",
        ].flatMap { ["-H", $0] }
        let put = try await curl(lies + ["-T", file], at: "/files/put", through: nginx)
        #expect(put.status == 201, "\(put.text)")
        #expect(try directory.read("bucket/put") == Array("hello".utf8))
        let line = await nginx.daemon.process.firstLine {
            $0.contains("request ended") && $0.contains("/files/put") ? $0 : nil
        }
        #expect(line?.contains("client.address=127.0.0.1") == true, "\(line ?? "")")

        let form = try await curl(["-F", "file=@\(file)"], at: "/files", through: nginx)
        #expect(form.status == 201)
        let chunked = try await curl(
            ["-T", file, "-H", "Transfer-Encoding: chunked"],
            at: "/files/chunked",
            through: nginx
        )
        #expect(chunked.status == 201)
        let read = try await curl([], at: "/files/put", through: nginx)
        #expect(read.status == 200 && read.text == "hello")

        let headers = ["Tus-Resumable: 1.0.0", "Upload-Length: 5"].flatMap { ["-H", $0] }
        let tus = try await curl(["-X", "POST"] + headers, at: "/files", through: nginx)
        #expect(tus.status == 201)
        #expect(tus["Location"]?.hasPrefix("https://\(Nginx.name)/uploads/") == true, "\(tus["Location"] ?? "")")
        let whole = ["Upload-Complete: ?1", "Upload-Draft-Interop-Version: 8"].flatMap { ["-H", $0] }
        let resumable = try await curl(["-T", file] + whole, at: "/files/resumable", through: nginx)
        #expect(resumable.status == 201)
        #expect(directory.names(in: "bucket") == ["a.txt", "chunked", "put", "resumable"])
    }

    /// The limit is the daemon's, and so are its words.
    @Test func whatIsTooLargeIsToldByTheDaemon() async throws {
        let nginx = try await Nginx.start(in: directory, settings: "limits: {maxUploadSize: 1KiB}")
        for size in [2 << 10, 4 << 20] {
            try directory.write([UInt8](repeating: 1, count: size), to: "large")
            let file = directory.file("large").string
            let reply = try await curl(["-T", file], at: "/files/large", through: nginx)
            #expect(reply.status == 413)
            #expect(reply["Content-Type"] == "application/problem+json" && reply.text.contains("\"limit\":1024"))
        }
        #expect(directory.names(in: "bucket").isEmpty)
    }

    /// A part of the body is with the daemon, and none of it on nginx's own disk, while the client still sends.
    @Test func aBodyGoesThroughAsItComes() async throws {
        let nginx = try await Nginx.start(in: directory)
        let client = try await LoopbackClient.connect(to: .port(nginx.ports.clear))
        defer { client.close() }
        let content = Content(seed: 5, size: 4 << 20).bytes
        let host = [("Host", Nginx.name)]
        try await client.send(LoopbackClient.head("PUT", "/files/large", headers: host, length: content.count))
        try await client.send(Array(content[..<(2 << 20)]))
        while spooled < 1 << 20 { try Task.checkCancellation() }
        #expect(directory.names(in: "nginx-client_body").isEmpty)
        try await client.send(Array(content[(2 << 20)...]))
        #expect(try await client.readReply().status == 201)
        #expect(try directory.read("bucket/large") == content)
    }

    /// Bytes that the daemon has written of the only upload.
    private var spooled: Int {
        guard let name = directory.names(in: "bucket.state/spool").first else { return 0 }
        var status = stat()
        guard stat(directory.file("bucket.state/spool/\(name)").string, &status) == 0 else { return 0 }
        return Int(status.st_size)
    }
}
