import Glibc
import IngestTesting
import SystemPackage

/// The peers that scripts/bench has installed; those that are not there are left out, and said to be.
struct Peers {
    let contestants: [any Contestant]
    /// One line about each.
    let versions: [String]

    /// The variables are scripts/bench's; the daemon takes one that begins with its own name for a setting.
    init() async throws {
        var contestants: [any Contestant] = []
        var versions: [String] = []
        if let program = Self.variable("BENCH_NGINX") {
            contestants.append(Nginx(program: FilePath(program)))
            contestants.append(Nginx(program: FilePath(program), buffer: "1m"))
            let outcome = try await CommandLineTool.run(program, ["-v"])
            versions.append("nginx \(outcome.errorText.split(separator: "/").last ?? "?")")
        }
        if let python = Self.variable("BENCH_PYTHON"), let sources = Self.variable("BENCH_PEERS") {
            let environment = FilePath(python)
            contestants.append(FastAPI(environment: environment, sources: FilePath(sources)))
            contestants.append(Copyparty(environment: environment))
            let code = """
                from importlib.metadata import version; import platform
                print("Python", platform.python_version())
                for name in "fastapi", "uvicorn", "python-multipart", "aiofiles", "copyparty": print(name, version(name))
                """
            let outcome = try await CommandLineTool.run(environment.pushing("bin/python").string, ["-c", code])
            versions += outcome.outputText.split(separator: "\n").map(String.init)
        }
        if contestants.isEmpty { Progress.say("no peers are installed: scripts/bench does that") }
        self.contestants = contestants
        self.versions = versions.map { $0.split(separator: "\n").joined() }
    }

    private static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }
}
