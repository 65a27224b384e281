import FoundationEssentials
import IngestTesting
import SystemPackage
import Testing

/// `bucketctl` as a user of its own runs it: with settings and state in a directory of the test's.
struct ClientProgram: Sendable {
    let directory: TemporaryDirectory
    /// The server by default, and further variables.
    var environment: [String: String]

    init(_ directory: TemporaryDirectory, server: String?, token: String? = nil) throws {
        self.directory = directory
        environment = [
            "XDG_CONFIG_HOME": directory.file("config").string, "XDG_STATE_HOME": directory.file("client-state").string,
            "no_proxy": "*",
        ]
        environment["BUCKETCTL_SERVER"] = server
        environment["BUCKETCTL_TOKEN"] = token
    }

    func run(_ arguments: String..., input: [UInt8] = []) async throws -> CommandLineTool.Outcome {
        try await run(arguments, input: input)
    }

    func run(_ arguments: [String], input: [UInt8] = []) async throws -> CommandLineTool.Outcome {
        try await CommandLineTool.run(
            try Executables.path(of: "bucketctl").string,
            arguments,
            input: input,
            environment: environment
        )
    }

    /// What it prints when all goes well.
    @discardableResult
    func output(_ arguments: String..., input: [UInt8] = []) async throws -> String {
        let outcome = try await run(arguments, input: input)
        try #require(outcome.status == 0, "\(arguments): \(outcome.errorText)")
        return outcome.outputText
    }

    /// What it complains of when something does not.
    func complaint(_ arguments: String...) async throws -> String {
        let outcome = try await run(arguments)
        #expect(outcome.status == 1, "\(arguments): \(outcome.outputText) \(outcome.errorText)")
        return outcome.errorText
    }

    func json<Value: Decodable>(_ type: Value.Type, _ arguments: String...) async throws -> Value {
        let outcome = try await run(arguments + ["--json"])
        return try JSONDecoder().decode(type, from: Data(outcome.output))
    }

    /// Starts it and does not wait.
    func start(_ arguments: String...) async throws -> ChildProcess {
        try await ChildProcess.start(try Executables.path(of: "bucketctl"), arguments, environment: environment)
    }
}
