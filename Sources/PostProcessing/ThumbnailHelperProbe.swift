import Subprocess
package import SystemPackage

/// What the thumbnail helper found when it tried to break out of its own sandbox.
package struct ThumbnailHelperProbe: Sendable {
    /// Whether every attempt was stopped.
    package let held: Bool
    /// One line per attempt, for people; the first names the isolation reached.
    package let lines: [String]

    /// Runs the helper at `path` for this; takes about a second.
    ///
    /// Throws `ThumbnailHelperError.unavailable` when it cannot be run.
    package static func run(_ path: FilePath) async throws -> ThumbnailHelperProbe {
        do {
            let result = try await Subprocess.run(
                .path(path),
                arguments: ["--probe"],
                environment: .custom(["LC_ALL": "C", "SWIFT_BACKTRACE": "enable=no"]),
                output: .string(limit: 8192),
                error: .discarded
            )
            return ThumbnailHelperProbe(
                held: result.terminationStatus.isSuccess,
                lines: result.standardOutput.split(separator: "\n").map { String($0) }
            )
        } catch let error as SubprocessError {
            throw ThumbnailHelperError(
                .unavailable,
                "The thumbnail helper \(path) cannot be run: \(error).",
                cause: error.underlyingError.map { Errno(rawValue: $0.rawValue) }
            )
        }
    }
}
