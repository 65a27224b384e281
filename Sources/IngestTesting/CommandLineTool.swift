import Subprocess
import SystemPackage

/// Runs programs as a person at a shell does.
package enum CommandLineTool {
    package struct Outcome: Sendable {
        /// The exit status, or 128 + the signal that ended the program.
        package let status: Int
        package let output: [UInt8]
        package let errorText: String

        package var outputText: String { String(decoding: output, as: UTF8.self) }
    }

    /// Runs a program of PATH, or of an absolute path, to its end.
    ///
    /// - Throws: If it cannot be started, or writes more than 64 MiB.
    package static func run(
        _ program: String,
        _ arguments: [String] = [],
        input: [UInt8] = [],
        environment: [String: String] = [:]
    ) async throws -> Outcome {
        let limit = 64 << 20
        let added = environment.map { (Environment.Key(stringLiteral: $0.key), Optional($0.value)) }
        let result = try await Subprocess.run(
            program.hasPrefix("/") ? .path(FilePath(program)) : .name(program),
            arguments: Arguments(arguments),
            environment: .inherit.updating(Dictionary(uniqueKeysWithValues: added)),
            input: .array(input),
            output: .bytes(limit: limit),
            error: .string(limit: limit)
        )
        let status =
            switch result.terminationStatus {
            case .exited(let code): Int(code)
            case .signaled(let signal): 128 + Int(signal)
            }
        return Outcome(
            status: status,
            output: result.standardOutput,
            errorText: result.standardError
        )
    }
}
