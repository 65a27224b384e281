import GRDB
import Glibc
import Ingest
import SystemPackage

extension LedgerConnection {
    /// The path of the copy that is made before a ledger of this version is migrated.
    static func copy(of file: FilePath, version: Int) -> FilePath {
        FilePath(file.string + ".v\(version)")
    }

    func migrate(_ pool: DatabasePool) throws {
        let version = try pool.read { try Int.fetchOne($0, sql: "PRAGMA user_version") } ?? 0
        let newest = migrations.last?.number ?? 0
        guard version <= newest else {
            throw IngestError(
                .storageFailed,
                "The ledger has version \(version), this program knows versions up to \(newest): run a newer program."
            )
        }
        guard version < newest else { return }
        if version > 0 {
            try copy(pool, version: version)
        }
        var migrator = DatabaseMigrator()
        for migration in migrations {
            migrator.registerMigration(migration.name) { database in
                try migration.migrate(database)
                try database.execute(sql: "PRAGMA user_version = \(migration.number)")
            }
        }
        try migrator.migrate(pool)
    }

    /// A copy that an interrupted start left is made anew: VACUUM INTO wants an empty file or none.
    private func copy(_ pool: DatabasePool, version: Int) throws {
        let copy = Self.copy(of: file, version: version)
        let descriptor: FileDescriptor
        do {
            descriptor = try .open(
                copy,
                .readWrite,
                options: [.create, .truncate, .closeOnExec],
                permissions: options.permissions
            )
        } catch {
            throw IngestError.storage("The ledger cannot be copied.", error as? Errno ?? .ioError)
        }
        defer { Glibc.close(descriptor.rawValue) }
        try pool.writeWithoutTransaction { database in
            try database.execute(sql: "VACUUM INTO ?", arguments: [copy.string])
        }
        guard fsync(descriptor.rawValue) == 0 else {
            throw IngestError.storage("The ledger's copy cannot be synced.", Errno(rawValue: errno))
        }
        try syncDirectory()
    }
}
