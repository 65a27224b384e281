/// What keeps a decoder from doing harm on this machine.
package struct Isolation: Sendable, Hashable, CustomStringConvertible {
    /// Address space, processor time, file size and open files are limited, and no privilege can be gained by exec.
    package var limits: Bool
    /// A system call filter is in force: no file is opened, no socket made, no process started.
    package var systemCallFilter: Bool
    /// The Landlock ABI that denies the filesystem once more; 0 where the kernel has none.
    package var landlockABI: UInt8

    package init(limits: Bool, systemCallFilter: Bool, landlockABI: UInt8) {
        self.limits = limits
        self.systemCallFilter = systemCallFilter
        self.landlockABI = landlockABI
    }

    package var description: String {
        var parts: [String] = []
        if limits { parts.append("limits") }
        if systemCallFilter { parts.append("seccomp") }
        if landlockABI > 0 { parts.append("landlock ABI \(landlockABI)") }
        return parts.isEmpty ? "none" : parts.joined(separator: ", ")
    }
}
