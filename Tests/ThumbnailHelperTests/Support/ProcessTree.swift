import SystemPackage

/// What /proc tells of processes.
enum ProcessTree {
    static func children(of pid: Int32) -> [Int32] {
        words(of: "/proc/\(pid)/task/\(pid)/children").compactMap { Int32($0) }
    }

    /// The number of threads; 0 when there is no such process.
    static func threads(of pid: Int32) -> Int {
        let fields = words(of: "/proc/\(pid)/status")
        return fields.firstIndex(of: "Threads:").flatMap { Int(fields[$0 + 1]) } ?? 0
    }

    static func exists(_ pid: Int32) -> Bool {
        let fields = words(of: "/proc/\(pid)/stat")
        return fields.count > 2 && fields[2] != "Z"
    }

    /// Returns when `pid` has a child; the process it is comes and goes, so there is nothing to wait on but /proc.
    static func firstChild(of pid: Int32) async -> Int32 {
        while true {
            if let child = children(of: pid).first { return child }
            await Task.yield()
        }
    }

    private static func words(of path: String) -> [Substring] {
        guard let file = try? FileDescriptor.open(FilePath(path), .readOnly),
            let bytes = try? file.closeAfter({ try file.contents() })
        else { return [] }
        return String(decoding: bytes, as: UTF8.self).split { $0.isWhitespace }
    }
}
