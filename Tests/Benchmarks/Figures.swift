import Glibc
import IngestTesting

/// A table in Markdown, printed row by row as the rows come.
struct Table {
    init(_ title: String, _ columns: [String]) {
        print("### \(title)\n")
        row(columns)
        row(columns.map { _ in "---" })
    }

    func row(_ cells: [String]) {
        print("| " + cells.joined(separator: " | ") + " |")
        fflush(nil)
    }

    func end(_ remark: String = "") {
        print(remark.isEmpty ? "" : "\n\(remark)\n")
    }
}

extension [Double] {
    var median: Double { isEmpty ? .nan : sorted()[count / 2] }

    /// For a cell: the median, and in parentheses the least and the most.
    func spread(_ places: Int = 1) -> String {
        "\(decimal(median, places)) (\(decimal(self.min() ?? .nan, places)) to \(decimal(self.max() ?? .nan, places)))"
    }
}

/// What one round of many like pieces of work took.
struct Round {
    /// Milliseconds of each, the least first.
    let times: [Double]
    /// Of all.
    let seconds: Double
    let processorTime: Double

    var perSecond: Double { Double(times.count) / seconds }
    var p99: Double { times[Int(Double(times.count - 1) * 0.99)] }
    /// Milliseconds of processor time for each.
    var processorTimeEach: Double { 1000 * processorTime / Double(times.count) }
}

extension [Round] {
    /// For cells: a second, p50, p99, milliseconds of processor time; medians.
    func cells(rate places: Int) -> [String] {
        [
            map(\.perSecond).spread(places), decimal(map(\.times.median).median, 2) + " ms",
            decimal(map(\.p99).median, 2) + " ms", decimal(map(\.processorTimeEach).median, 3),
        ]
    }
}

func decimal(_ value: Double, _ places: Int = 1) -> String {
    guard value.isFinite else { return "?" }
    var scale = 1
    for _ in 0..<places { scale *= 10 }
    let rounded = Int((value.magnitude * Double(scale)).rounded())
    let sign = value < 0 && rounded > 0 ? "-" : ""
    guard places > 0 else { return sign + "\(rounded)" }
    let fraction = "\(rounded % scale)"
    return sign + "\(rounded / scale)." + String(repeating: "0", count: places - fraction.count) + fraction
}

func mebibytes(_ bytes: Int) -> String { decimal(Double(bytes) / 1_048_576) + " MiB" }

func seconds(_ duration: Duration) -> Double { duration / .seconds(1) }

extension DaemonProcess {
    /// Processor time used so far, user and system, in seconds (proc(5), fields 14 and 15 of stat).
    var processorTime: Double {
        let stat = Machine.text(of: "/proc/\(processID)/stat")
        let fields = stat[(stat.lastIndex(of: ")") ?? stat.startIndex)...].split(separator: " ")
        guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else { return .nan }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    var descriptors: Int {
        guard let stream = opendir("/proc/\(processID)/fd") else { return 0 }
        defer { closedir(stream) }
        var count = -2
        while readdir(stream) != nil { count += 1 }
        return count
    }
}
