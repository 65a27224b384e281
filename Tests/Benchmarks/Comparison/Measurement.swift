/// What one server made of one workload.
struct Measurement: Sendable {
    /// What a program of the load prints: `name=value`, separated by spaces.
    private let values: [Substring: Double]
    /// Processor seconds of all processes of the server, from the first byte to the last answer.
    let processorTime: Double
    /// The same until the server has nothing left to do; nil where that was not waited for.
    var settledTime: Double?
    /// Peak resident bytes, summed over the server's processes: what they share counts more than once.
    let memory: Int

    init(_ line: String, processorTime: Double? = nil, memory: Int? = nil) throws {
        let pairs = line.split(whereSeparator: \.isWhitespace).compactMap { word -> (Substring, Double)? in
            let parts = word.split(separator: "=")
            return parts.count == 2 ? Double(parts[1]).map { (parts[0], $0) } : nil
        }
        values = Dictionary(pairs) { _, last in last }
        guard values["requests"] != nil, values["seconds"] != nil else { throw UnreadableFigures(line: line) }
        self.processorTime = processorTime ?? values["cpu"] ?? .nan
        self.memory = memory ?? Int(values["memory"] ?? 0) * 1024
    }

    var uploads: Double { values["requests"] ?? 0 }
    var errors: Int { Int(values["errors"] ?? 0) }
    var bytes: Double { values["bytes"] ?? 0 }
    var seconds: Double { values["seconds"] ?? .nan }
    /// In milliseconds.
    var median: Double { values["p50"] ?? .nan }
    var percentile99: Double { values["p99"] ?? .nan }
    /// Processor seconds of the load itself.
    var loadTime: Double { values["cpu"] ?? .nan }

    func rate(counted: Bool) -> Double { (counted ? uploads : bytes / 1_048_576) / seconds }

    /// Milliseconds of processor time an upload, or seconds a GiB.
    func cost(_ time: Double, counted: Bool) -> Double {
        counted ? time * 1000 / uploads : time * 1_073_741_824 / bytes
    }

    private struct UnreadableFigures: Error {
        let line: String
    }
}
