import Glibc

/// A process and all that descend from it, as /proc tells.
struct ProcessTree {
    let members: [Int32]

    init(of root: Int32) {
        var children: [Int32: [Int32]] = [:]
        for process in Self.processes() {
            guard let parent = Self.statistics(of: process).flatMap({ Int32($0[1]) }) else { continue }
            children[parent, default: []].append(process)
        }
        var members = [root]
        var next = 0
        while next < members.count {
            members += children[members[next]] ?? []
            next += 1
        }
        self.members = members
    }

    /// Processor seconds of the living, and of the dead whom their parents have waited for (proc(5), fields 14 to 17 of
    /// stat).
    var processorTime: Double {
        members.reduce(0) { sum, process in
            guard let fields = Self.statistics(of: process), fields.count > 14 else { return sum }
            return sum + fields[11...14].reduce(0) { $0 + (Double($1) ?? 0) } / Double(sysconf(Int32(_SC_CLK_TCK)))
        }
    }

    /// The sum of the peaks of resident memory, in bytes.
    var peakMemory: Int {
        members.reduce(0) { sum, process in
            let peak = Machine.field("VmHWM", of: "/proc/\(process)/status")?.split(separator: " ").first
            return sum + (peak.flatMap { Int($0) } ?? 0) * 1024
        }
    }

    /// From the third field on, after the name, which may hold anything.
    private static func statistics(of process: Int32) -> [Substring]? {
        let stat = Machine.text(of: "/proc/\(process)/stat")
        guard let end = stat.lastIndex(of: ")") else { return nil }
        return stat[stat.index(after: end)...].split(separator: " ")
    }

    private static func processes() -> [Int32] {
        guard let stream = opendir("/proc") else { return [] }
        defer { closedir(stream) }
        var processes: [Int32] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if let process = Int32(name) { processes.append(process) }
        }
        return processes
    }
}
