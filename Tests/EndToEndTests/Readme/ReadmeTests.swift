import Glibc
import IngestTesting
import SystemPackage
import Testing

/// The README's examples do what it says of them.
@Suite(.timeLimit(.minutes(2))) struct ReadmeTests {
    private let directory: TemporaryDirectory
    private let readme: Readme

    init() throws {
        directory = try TemporaryDirectory()
        readme = try Readme()
    }

    /// No example is left out below: each begins with a program whose examples are tried.
    @Test func everyExampleIsTried() {
        let programs = readme.blocks("sh").map { $0.program }
        #expect(Set(programs) == ["scripts/run", "curl", "inotifywait", "bucketd", "bucketctl", "scripts/package"])
        #expect(Set(readme.blocks.map(\.language)) == ["sh", "html", "ini", "nginx", "caddyfile", "yaml"])
    }

    @Test func theScriptsAreThere() throws {
        let lines = readme.blocks("sh").filter { $0.program == "scripts/run" }.flatMap(\.commands)
        #expect(lines.count == 2)
        for line in lines {
            let script = try #require(line.split(separator: " ").first)
            #expect(access(Repository.file(String(script)).string, X_OK) == 0, "\(script)")
        }
    }

    /// Each line by itself, with curl told to fail where the answer is an error.
    @Test func theCurlExamplesUpload() async throws {
        let daemon = try await DaemonProcess.start(in: directory)
        try directory.write("fail-with-body\nsilent\nshow-error\n".utf8, to: ".curlrc")
        for name in ["photo.jpg", "1.jpg", "2.jpg"] {
            try directory.write(Repository.read("docs/picture.jpg"), to: name)
        }
        let lines = readme.blocks("sh").filter { $0.program == "curl" }.flatMap(\.commands)
        #expect(lines.count >= 4)
        for line in lines {
            let outcome = try await run(line.replacing("127.0.0.1:8080", with: try daemon.authority))
            #expect(outcome.status == 0, "\(line): \(outcome.outputText) \(outcome.errorText)")
            let files = try await daemon.settledFiles()
            #expect(files.count == line.split(separator: " ").count { $0 == "-F" || $0 == "-T" }, "\(line): \(files)")
            for file in files {
                #expect(try await daemon.request("DELETE", file.url).status == 204)
            }
        }
    }

    /// As a browser submits it: from the page's own server, and from another.
    @Test(arguments: [(true, 303), (false, 403)])
    func theFormUploads(isListed: Bool, status: Int) async throws {
        let setting = try #require(readme.text.firstMatch(of: /`(origins: \["([^"]+)"\])`/))
        let options = DaemonProcess.Options(settings: isListed ? "\(setting.1)\n" : "")
        let daemon = try await DaemonProcess.start(in: directory, options: options)
        let form = try #require(readme.blocks("html").first).text
        let action = try #require(form.firstMatch(of: /action="([^"]+)" method="post" enctype="multipart\/form-data"/))
            .1
        let field = try #require(form.firstMatch(of: /input type="file" name="([^"]+)"/)).1
        let target = action.replacing("127.0.0.1:8080", with: try daemon.authority)
        let sent = try await run(
            "curl -sS -o /dev/null -w '%{http_code}' -H 'Accept: text/html' -H 'Origin: \(setting.2)' "
                + "-H 'Sec-Fetch-Site: cross-site' -F \(field)=@/etc/hostname \(target)"
        )
        #expect(sent.outputText == "\(status)", "\(sent.errorText)")
        #expect(directory.names(in: "bucket") == (isListed ? ["hostname"] : []))
    }

    @Test(.requires(.command("inotifywait")))
    func theWatchersSeeUploads() async throws {
        let daemon = try await DaemonProcess.start(in: directory)
        let blocks = readme.blocks("sh").filter { $0.program == "inotifywait" }
        #expect(blocks.count == 2)
        for (number, block) in blocks.enumerated() {
            let isRecursive = block.text.contains("--recursive")
            let watcher = try await ChildProcess.start(
                FilePath("/bin/sh"),
                ["-c", "cd '\(directory.path)' && \(block.text)"]
            )
            _ = await watcher.line(containing: "Watches established")
            for path in ["photo\(number).jpg"] + (isRecursive ? ["2026/08/deep.jpg"] : []) {
                #expect(try await daemon.request("PUT", "/files/\(path)", body: [1]).status == 201)
                let seen = await watcher.firstLine {
                    $0.hasSuffix(isRecursive ? "bucket/\(path)" : "new: \(path)") ? $0 : nil
                }
                #expect(seen != nil, "\(watcher.output)")
            }
        }
    }

    @Test func theCommandLinesAreTaken() async throws {
        try directory.makeDirectory("in")
        let bucket = directory.file("in").string
        try directory.write("bucket: \(bucket)\n".utf8, to: "bucketd.yaml")
        let lines = readme.blocks("sh").filter { $0.program == "bucketd" }.flatMap(\.commands)
        #expect(lines.count == 2)
        for line in lines {
            let command = line.replacing("/srv/in", with: bucket).replacing("127.0.0.1:8080", with: "127.0.0.1:0")
                .replacing("/run/bucketd.sock", with: directory.file("socket").string)
            if command.hasPrefix("bucketd check") {
                let outcome = try await run(command)
                #expect(outcome.status == 0, "\(line): \(outcome.outputText) \(outcome.errorText)")
                continue
            }
            let program = try Executables.path(of: "bucketd")
            let daemon = try await ChildProcess.start(
                FilePath("/bin/sh"),
                ["-c", "cd '\(directory.path)' && exec '\(program)'\(command.dropFirst("bucketd".count))"]
            )
            #expect(await daemon.line(containing: "address=unix:") != nil, "\(daemon.output)")
            let health = try await run("curl -sS --unix-socket socket http://localhost/healthz")
            #expect(health.status == 0, "\(health.errorText)")
            daemon.terminate()
            #expect(await daemon.waitForExit() == 0)
        }
    }

    @Test func theTokenExamplesWork() async throws {
        let lines = readme.blocks("sh").flatMap(\.commands).filter { $0.hasPrefix("bucketctl token ") }
        #expect(lines.count == 3)
        for line in lines {
            let program = try Executables.path(of: "bucketctl")
            let outcome = try await run("'\(program)'" + line.dropFirst("bucketctl".count))
            #expect(outcome.status == 0, "\(line): \(outcome.errorText)")
        }
    }

    @Test func theClientsExamplesWork() async throws {
        let daemon = try await DaemonProcess.start(in: directory)
        defer { daemon.terminate() }
        try directory.makeDirectory("photos")
        for name in ["photo.jpg", "film.mov", "photos/1.jpg"] { try directory.write(Array(name.utf8), to: name) }
        let lines = readme.blocks("sh").flatMap(\.commands).filter {
            $0.hasPrefix("bucketctl ") && !$0.hasPrefix("bucketctl token ")
        }
        #expect(lines.count == 6)
        for line in lines {
            let client = "BUCKETCTL_SERVER=http://\(try daemon.authority) XDG_CONFIG_HOME=/nowhere no_proxy='*'"
            let outcome = try await run("\(client) \(line)")
            #expect(outcome.status == 0, "\(line): \(outcome.errorText)")
        }
        #expect(directory.names(in: "copies/photos") == ["1.jpg"])
        #expect(directory.names(in: "bucket/2026") == ["photo.jpg", "photos"])
    }

    /// Its settings are those that the program takes.
    @Test func theClientsSettingsAreTaken() async throws {
        let block = try #require(readme.blocks("yaml").first)
        try directory.write(block.text.utf8, to: "bucketctl")
        chmod(directory.file("bucketctl").string, 0o600)
        let outcome = try await run("XDG_CONFIG_HOME='\(directory.path)' bucketctl ls --server http://127.0.0.1:1")
        #expect(outcome.status == 1 && outcome.errorText.contains("Connection refused"), "\(outcome.errorText)")
    }

    /// `scripts/test --systemd` does what they say; here they must name what is there.
    @Test func theInstallationNamesWhatIsThere() throws {
        let lines = readme.blocks("sh").filter { $0.program == "scripts/package" }.flatMap(\.commands)
        #expect(lines.count == 4)
        #expect(access(Repository.file("scripts/package").string, X_OK) == 0)
        let version = String(decoding: try Repository.read("Sources/bucketd/Version.swift"), as: UTF8.self)
        let package = try #require(lines[1].firstMatch(of: /\/bucketd_(.*)-1_amd64.deb/)).1
        #expect(version.contains("\"\(package)\""))
        let unit = try #require(lines.last?.split(separator: " ").last)
        #expect(access(Repository.file("systemd/\(unit)").string, R_OK) == 0)
    }

    /// Fields that the daemon may be told to believe must not come from a client.
    @Test func theProxiesSetOrRemoveEachForwardingField() throws {
        let nginx = try #require(readme.blocks("nginx").first).text
        for field in ["Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Prefix"] {
            #expect(nginx.contains("proxy_set_header \(field) "), "\(field)")
        }
        // Caddy sets the other three by itself, whatever the client sent.
        let caddy = try #require(readme.blocks("caddyfile").first).text
        for field in ["Forwarded", "X-Forwarded-Prefix"] {
            #expect(caddy.contains("header_up -\(field)\n"), "\(field)")
        }
        let sockets = String(decoding: try Repository.read("systemd/bucketd.socket"), as: UTF8.self)
        for block in [nginx, caddy] {
            let path = try #require(block.firstMatch(of: /unix:?\/?(\/run\/[a-z.]+)/)).1
            #expect(sockets.contains("ListenStream=\(path)\n"), "\(path)")
        }
    }

    @Test(.requires(.command("systemd-analyze")))
    func theUnitsAreValid() async throws {
        var names: [String] = []
        for block in readme.blocks("ini") {
            let name = try #require(block.lines.first?.dropFirst(2)).description
            names.append(name)
            try directory.write(block.text.utf8, to: name)
        }
        #expect(names.sorted() == ["take-uploads.path", "take-uploads.service"])
        let unit = String(decoding: try Repository.read("systemd/bucketd.service"), as: UTF8.self)
        let installed = "/usr/bin/bucketd "
        #expect(unit.contains("ExecStart=\(installed)"))
        try directory.write(
            unit.replacing(installed, with: "\(try Executables.path(of: "bucketd")) ").utf8,
            to: "bucketd.service"
        )
        try directory.write(Repository.read("systemd/bucketd.socket"), to: "bucketd.socket")
        let outcome = try await run("systemd-analyze verify --man=no ./*.service ./*.path ./*.socket")
        #expect(outcome.status == 0, "\(outcome.errorText)")
        #expect(!outcome.errorText.contains(directory.path.string), "\(outcome.errorText)")
    }

    /// In the test's directory, with the built programs in PATH.
    private func run(_ command: String) async throws -> CommandLineTool.Outcome {
        let programs = try Executables.path(of: "bucketd").removingLastComponent()
        return try await CommandLineTool.run(
            "/bin/sh",
            ["-c", "cd '\(directory.path)' && PATH='\(programs)':$PATH && \(command)"],
            environment: ["CURL_HOME": directory.path.string]
        )
    }
}

extension DaemonProcess {
    /// `127.0.0.1:PORT`.
    fileprivate var authority: String {
        get throws { String(try #require(url).dropFirst("http://".count)) }
    }
}
