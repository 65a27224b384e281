/// How many of the process's descriptors connections and the files held for jobs may take.
///
/// Nothing else may find none left. It is more than a refusal: libdispatch ends the process when it cannot open the
/// files of proc(5) in which it looks whether its threads run.
struct DescriptorBudget: Sendable, Equatable {
    /// Below there is next to nothing to share out.
    static let least = 256

    let heldFiles: Int
    let connections: Int
    /// What the settings ask for.
    let needed: Int

    /// `limit` is RLIMIT_NOFILE (getrlimit(2)); the daemon does not start with less than `least`.
    init(limit: Int, _ settings: Settings) {
        // The ledger, listeners, threads and logs; a running job's files, pipes and sockets.
        let others = 168 + 8 * settings.jobWorkers
        let shared = max(0, limit - others)
        heldFiles = min(settings.heldFiles, shared / 4)
        // Each may need another descriptor, for the file that it sends or receives.
        connections = min(settings.maxConnections, max(8, (shared - heldFiles) / 2))
        needed = 2 * settings.maxConnections + settings.heldFiles + others
    }
}
