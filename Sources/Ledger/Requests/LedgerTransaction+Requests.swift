import GRDB
import Ingest

extension LedgerTransaction {
    /// `ids` are the numbers of the files, which were given out in this transaction, one after the other.
    func recordRequests(of files: [NewFile], _ ids: [FileID]) throws {
        guard let request = files.first?.request, let first = ids.first, let last = ids.last else { return }
        // What is replaced has expired: whoever has the turn with the key has seen that.
        try execute(
            """
            INSERT OR REPLACE INTO requests(key, fingerprint, first_file, last_file, expires_at)
            VALUES (?, ?, ?, ?, ?)
            """,
            [
                request.key.digest.column, request.fingerprint.digest.column, first.rawValue, last.rawValue,
                request.expiresAt.milliseconds,
            ]
        )
    }

    /// For files that were withdrawn, given as a JSON array: requests of which nothing is left.
    func forgetRequests(of files: String) throws {
        try execute(
            """
            DELETE FROM requests WHERE last_file IN (
                SELECT (SELECT last_file FROM requests INDEXED BY requests_files
                    WHERE last_file >= value ORDER BY last_file LIMIT 1) FROM json_each(?))
                AND NOT EXISTS (
                    SELECT 1 FROM files WHERE id BETWEEN first_file AND last_file AND state <> 'withdrawn')
            """,
            [files]
        )
    }

    func removeRequests(expiredBy moment: Timestamp, beyond excess: Int, limit: Int) throws -> Int {
        let expired = try execute(
            """
            DELETE FROM requests WHERE key IN (
                SELECT key FROM requests INDEXED BY requests_expiry
                WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)
            """,
            [moment.milliseconds, limit]
        )
        let rest = min(excess, limit) - expired
        guard rest > 0 else { return expired }
        return try expired
            + execute(
                """
                DELETE FROM requests WHERE key IN (
                    SELECT key FROM requests INDEXED BY requests_expiry ORDER BY expires_at LIMIT ?)
                """,
                [rest]
            )
    }
}
