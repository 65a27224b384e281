import Glibc
import Threading

/// Memory that nobody uses.
enum FreeMemory {
    private static let thread = BlockingThreads(name: "memory", count: 1)

    /// Uses `bytes` of it, at most half of what there is, and gives them back.
    ///
    /// The host of a virtual machine takes back what its guest does not use (free page reporting of virtio-balloon), and
    /// gives it again at the first touch. An upload whose pages come that way measures the host, and pays several times
    /// what writing it costs.
    static func touch(_ bytes: Int) async {
        let available = Machine.field("MemAvailable", of: "/proc/meminfo")
            .flatMap { $0.split(separator: " ").first }
            .flatMap { Int($0) }
        let count = min(bytes, (available ?? 0) * 1024 / 2)
        guard count > 0 else { return }
        await thread.run {
            let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE
            let memory = mmap(nil, count, PROT_READ | PROT_WRITE, flags, -1, 0)
            guard memory != MAP_FAILED else { return }
            munmap(memory, count)
        }
    }
}
