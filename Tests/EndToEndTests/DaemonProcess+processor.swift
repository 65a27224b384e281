import Glibc
import IngestTesting
import SystemPackage

extension DaemonProcess {
    /// CPU time of all its threads so far, to the nanosecond.
    func processorTime() throws -> Duration {
        var clock = clockid_t()
        let failure = clock_getcpuclockid(processID, &clock)
        guard failure == 0 else { throw Errno(rawValue: failure) }
        var time = timespec()
        guard clock_gettime(clock, &time) == 0 else { throw Errno(rawValue: errno) }
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    /// Returns as soon as it has used almost no CPU time for a moment; nothing must be asked of it meanwhile.
    ///
    /// Throws for one that does not come to rest.
    func waitUntilIdle() async throws {
        let window = Duration.milliseconds(25)
        var used = Duration.zero
        for _ in 0..<400 {
            let before = try processorTime()
            try await Task.sleep(for: window)
            used = try processorTime() - before
            if used < window / 10 { return }
        }
        throw BusyDaemon(used: used, window: window)
    }

    /// The decoders that its thumbnail helpers run at this moment.
    func decoders() -> [Int32] {
        children().flatMap(processes)
    }

    /// Its helpers.
    func children() -> [Int32] {
        processes(startedBy: processID)
    }

    private func processes(startedBy parent: Int32) -> [Int32] {
        directoryEntries("/proc/\(parent)/task").flatMap { thread -> [Int32] in
            guard let text = contents("/proc/\(parent)/task/\(thread)/children") else { return [] }
            return text.split(separator: " ").compactMap { Int32($0) }
        }
    }
}

struct BusyDaemon: Error, CustomStringConvertible {
    let used: Duration
    let window: Duration
    var description: String { "the daemon uses \(used) of CPU time in \(window) while nothing is asked of it" }
}

/// `VmHWM` of proc(5), in bytes.
func peakMemory(of process: Int32) throws -> Int {
    let lines = contents("/proc/\(process)/status")?.split(separator: "\n") ?? []
    let words = lines.first { $0.hasPrefix("VmHWM:") }?.split(whereSeparator: \.isWhitespace) ?? []
    guard words.count > 1, let kibibytes = Int(words[1]) else { throw Errno.noSuchProcess }
    return kibibytes * 1024
}

private func directoryEntries(_ path: String) -> [String] {
    guard let stream = opendir(path) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
            pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if !name.hasPrefix(".") { names.append(name) }
    }
    return names
}

/// Of a small file of proc(5), which may be gone.
private func contents(_ path: String) -> String? {
    guard let file = try? FileDescriptor.open(FilePath(path), .readOnly, options: .closeOnExec) else { return nil }
    return try? file.closeAfter {
        try String(unsafeUninitializedCapacity: 4096) { buffer in
            try file.read(into: UnsafeMutableRawBufferPointer(buffer))
        }
    }
}
