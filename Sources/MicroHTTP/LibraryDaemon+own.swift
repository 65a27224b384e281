import CLinux
import Glibc

extension LibraryDaemon {
    /// Connections of our own, one for each worker: the other ends, which are to be closed.
    ///
    /// They are in no table, and a request on them is given no answer. Some workers may be left out when descriptors are
    /// short. The library chooses the worker by the descriptor's number.
    func connectToEachWorker() -> [Int32] {
        var missing = Set(0..<workers)
        var (ours, spare): ([Int32], [Int32]) = ([], [])
        while !missing.isEmpty, spare.count < 8 * workers {
            var pair: [Int32] = [-1, -1]
            let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
            guard socketpair(AF_UNIX, kind, 0, &pair) == 0 else { break }
            // Either end will do.
            if let index = pair.firstIndex(where: { missing.contains(Int($0) % workers) }) {
                missing.remove(Int(pair[index]) % workers)
                var address = clinux_address()
                address.storage.ss_family = sa_family_t(AF_UNIX)
                address.length = socklen_t(MemoryLayout<sa_family_t>.size)
                if add(pair[index], address) { ours.append(pair[1 - index]) } else { _ = close(pair[1 - index]) }
            } else {
                spare += pair
            }
        }
        for descriptor in spare { _ = close(descriptor) }
        return ours
    }
}
