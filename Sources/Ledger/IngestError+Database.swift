import GRDB
import Ingest
import SystemPackage

extension IngestError {
    /// The error for what SQLite or GRDB reported; theirs never leave the ledger.
    ///
    /// An error that is an `IngestError` already stays as it is.
    static func ledger(_ error: any Error) -> IngestError {
        if let error = error as? IngestError { return error }
        switch (error as? DatabaseError)?.resultCode {
        case .SQLITE_FULL:
            return IngestError(.noSpace, "There is no space left to record this.")
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            return IngestError(.busy, "The ledger is locked by another process; try again.")
        case .SQLITE_NOMEM:
            return IngestError(.outOfResources, "The server is out of memory; try again.")
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            return IngestError(.storageFailed, "The ledger is damaged.")
        default:
            return IngestError(.storageFailed, "The ledger could not be read or written.")
        }
    }

    static let outcomeOfCommitUnknown = IngestError(
        .outcomeUnknown,
        "The record could not be written safely; whether it was kept is decided when the server restarts."
    )

    /// For whoever starts the daemon: it names a path of this machine.
    static func damagedLedger(_ file: FilePath, _ cause: String) -> IngestError {
        IngestError(
            .storageFailed,
            "The ledger \(file) is damaged: “bucketd check --repair” keeps it aside and makes another from the bucket. "
                + "(\(cause))"
        )
    }

    static let ledgerClosed = IngestError(.stopping, "The server is stopping.")
}

extension Error {
    /// Whether SQLite refused for lack of space, and so undid the statement or transaction.
    var isFullDatabase: Bool {
        (self as? DatabaseError)?.resultCode == .SQLITE_FULL
    }

    /// Whether SQLite found pages that make no sense.
    var isDatabaseDamage: Bool {
        switch (self as? DatabaseError)?.resultCode {
        case .SQLITE_CORRUPT?, .SQLITE_NOTADB?: true
        default: false
        }
    }
}
