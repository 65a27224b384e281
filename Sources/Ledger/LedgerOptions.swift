package import Ingest
package import SystemPackage

/// How the ledger is kept.
package struct LedgerOptions: Sendable {
    /// `relaxed` commits without a sync (`synchronous=NORMAL`): the database stays whole in a power cut, its last
    /// transactions may be lost.
    package var durability: Durability
    /// How long a confirmed publication may wait for a transaction to go with.
    package var confirmationDelay: Duration
    /// How long to wait for another process that holds the write lock, a backup for instance.
    package var busyTimeout: Duration
    /// Threads and connections that read.
    package var readers: Int
    /// Of the ledger file, and by SQLite's rule of its `-wal` and `-shm` files.
    package var permissions: FilePermissions
    /// Deaths of the daemon while a job was the only one running, after which the job is dead.
    package var loneRescueLimit: Int
    /// Deaths of a job's own helper after which the job is dead.
    package var helperDeathLimit: Int

    package init(
        durability: Durability = .full,
        confirmationDelay: Duration = .milliseconds(50),
        busyTimeout: Duration = .seconds(5),
        readers: Int = 2,
        permissions: FilePermissions = .ownerReadWrite,
        loneRescueLimit: Int = 10,
        helperDeathLimit: Int = 3
    ) {
        self.durability = durability
        self.confirmationDelay = confirmationDelay
        self.busyTimeout = busyTimeout
        self.readers = readers
        self.permissions = permissions
        self.loneRescueLimit = loneRescueLimit
        self.helperDeathLimit = helperDeathLimit
    }
}
