import CLinux
import Glibc
import Metrics
import Threading

/// What Prometheus expects of every process, under the names that its client libraries give.
///
/// Made once, at the start.
package struct ProcessMetrics: Sendable {
    private let processor = FloatingPointCounter(label: "process_cpu_seconds_total")
    private let resident = Gauge(label: "process_resident_memory_bytes")
    private let descriptors = Gauge(label: "process_open_fds")
    private let descriptorLimit = Gauge(label: "process_max_fds")
    private let start = Gauge(label: "process_start_time_seconds")
    /// Seconds of processor time that are counted already.
    private let counted = Locked(0.0)

    package init() {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        // The daemon has raised it before: this tells it.
        descriptorLimit.record(Double(clinux_raise_descriptor_limit()))
        start.record(Double(now.tv_sec) + Double(now.tv_nsec) / 1e9)
    }

    /// Brings all of them up to date; reads `/proc`, so not for the cooperative pool.
    package func update() {
        var usage = rusage()
        if getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 {
            let seconds = Self.seconds(usage.ru_utime) + Self.seconds(usage.ru_stime)
            let more = counted.withLock { counted in
                defer { counted = max(counted, seconds) }
                return seconds - counted
            }
            processor.increment(by: more)
        }
        if let pages = Self.residentPages() { resident.record(Double(pages * sysconf(Int32(_SC_PAGESIZE)))) }
        if let count = Self.openDescriptors() { descriptors.record(count) }
    }

    private static func seconds(_ time: timeval) -> Double {
        Double(time.tv_sec) + Double(time.tv_usec) / 1e6
    }

    /// The second number of proc_pid_statm(5).
    private static func residentPages() -> Int? {
        let file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { _ = close(file) }
        var bytes = [UInt8](repeating: 0, count: 128)
        let count = read(file, &bytes, bytes.count)
        guard count > 0 else { return nil }
        let numbers = String(decoding: bytes[..<count], as: UTF8.self).split(separator: " ")
        return numbers.count > 1 ? Int(numbers[1]) : nil
    }

    private static func openDescriptors() -> Int? {
        guard let directory = opendir("/proc/self/fd") else { return nil }
        defer { closedir(directory) }
        var count = 0
        while let entry = readdir(directory) {
            // Neither `.` nor `..`.
            if entry.pointee.d_name.0 != CChar(bitPattern: UInt8(ascii: ".")) { count += 1 }
        }
        // The directory itself was open too.
        return count - 1
    }
}
