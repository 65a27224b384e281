import IngestTesting
import SystemPackage

/// The system calls that keep an upload safe, and the hash, in C and without a network.
struct Floor: Contestant {
    let isDurable: Bool

    var name: String { isDurable ? "the floor" : "the floor, no syncs" }

    func measure(_ workload: Workload, in directory: FilePath) async throws -> Measurement? {
        let place = try TemporaryDirectory(in: directory)
        defer { withExtendedLifetime(place) {} }
        await FreeMemory.touch(workload.cached)
        let outcome = try await CommandLineTool.run(
            Executables.path(of: "bucketd-bench-floor").string,
            ["-o", place.path.string] + (isDurable ? [] : ["-r"]) + workload.arguments
        )
        if outcome.status != 0 { Progress.say(outcome.errorText) }
        return try Measurement(outcome.outputText)
    }
}
