import Glibc
import SystemPackage

/// What a figure means nothing without.
enum Machine {
    static func facts() -> String {
        let cpu = field("model name", of: "/proc/cpuinfo") ?? "unknown processor"
        let kernel = text(of: "/proc/sys/kernel/osrelease").split(separator: "\n").first.map(String.init) ?? "?"
        let memory = field("MemTotal", of: "/proc/meminfo") ?? "?"
        return "\(cpu), \(sysconf(Int32(_SC_NPROCESSORS_ONLN))) cores, \(memory) of memory, Linux \(kernel)"
    }

    /// The mean numbers of runnable processes of the last 1, 5 and 15 minutes.
    static func load() -> String {
        text(of: "/proc/loadavg").split(separator: " ").prefix(3).joined(separator: " ")
    }

    /// The type of the filesystem that holds the path.
    static func filesystem(of path: FilePath) -> String {
        let mounts = text(of: "/proc/self/mounts").split(separator: "\n").map { $0.split(separator: " ") }
        let holding = mounts.filter { $0.count > 2 && path.starts(with: FilePath(String($0[1]))) }
        return holding.max { $0[1].count <= $1[1].count }.map { String($0[2]) } ?? "?"
    }

    /// The value after the first `NAME:` of a file in /proc.
    static func field(_ name: String, of file: String) -> String? {
        text(of: file).split(separator: "\n").first { $0.hasPrefix(name) }?
            .split(separator: ":", maxSplits: 1).last
            .map { String($0.drop { $0 == " " || $0 == "\t" }) }
    }

    static func text(of file: String) -> String {
        guard let descriptor = try? FileDescriptor.open(FilePath(file), .readOnly, options: .closeOnExec) else {
            return ""
        }
        defer { try? descriptor.close() }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while let count = try? buffer.withUnsafeMutableBytes({ try descriptor.read(into: $0) }), count > 0 {
            bytes += buffer.prefix(count)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
