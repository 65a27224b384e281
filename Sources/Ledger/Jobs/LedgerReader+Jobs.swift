import FoundationEssentials
import GRDB
import Ingest

/// Ready jobs of one kind and priority.
struct ReadyGroup {
    var kind: JobKind
    var priority: Int64
    /// When the first of them is due.
    var runAt: Timestamp
}

extension LedgerReader {
    func job(_ id: JobID) throws -> Job? {
        try first("SELECT \(Job.columns) FROM jobs WHERE id = ?", [id.rawValue]).map(Job.init(row:))
    }

    func jobs(of files: [FileID]) throws -> [FileID: [Job]] {
        let jobs = try all(
            "SELECT \(Job.columns) FROM jobs WHERE file IN (SELECT value FROM json_each(?)) ORDER BY id",
            [StatementArguments.ids(files.map(\.rawValue))]
        ).map(Job.init(row:))
        return Dictionary(grouping: jobs.filter { $0.file != nil }) { $0.file ?? FileID(0) }
    }

    func jobs(matching filter: JobFilter, before: JobID?, limit: Int) throws -> [Job] {
        let before = before?.rawValue ?? .max
        if let path = filter.path {
            return try jobs(at: path, filter, before: before, limit: limit)
        }
        guard filter.state != nil || filter.kind != nil else {
            return try all(
                "SELECT \(Job.columns) FROM jobs WHERE id < ? ORDER BY id DESC LIMIT ?",
                [before, limit]
            ).map(Job.init(row:))
        }
        // The index holds the ids of one state and kind in order: the newest of each are merged, however many there are.
        var jobs: [Job] = []
        for (state, kind) in try groups(of: filter) {
            jobs += try all(
                """
                SELECT \(Job.columns) FROM jobs INDEXED BY jobs_state
                WHERE state = ? AND kind = ? AND id < ? ORDER BY id DESC LIMIT ?
                """,
                [state.rawValue, kind.rawValue, before, limit]
            ).map(Job.init(row:))
        }
        return Array(jobs.sorted { $0.id > $1.id }.prefix(limit))
    }

    func depth() throws -> [JobDepth] {
        try groups(of: JobFilter()).map { state, kind in
            let count = try first(
                "SELECT count(*) FROM jobs INDEXED BY jobs_state WHERE state = ? AND kind = ?",
                [state.rawValue, kind.rawValue]
            )
            return JobDepth(
                kind: kind,
                state: state,
                count: count?[0] ?? 0,
                oldestDue: state == .ready ? try nextDue(kinds: [kind]) : nil
            )
        }
    }

    func nextDue(kinds: [JobKind]) throws -> Timestamp? {
        try readyGroups().filter { kinds.contains($0.kind) }.map(\.runAt).min()
    }

    /// By kind, then priority: a leap or two through the index for each, however many jobs they have.
    func readyGroups() throws -> [ReadyGroup] {
        var groups: [ReadyGroup] = []
        while let next = try nextReady(after: groups.last) {
            groups.append(next)
        }
        return groups
    }

    private func nextReady(after last: ReadyGroup?) throws -> ReadyGroup? {
        let start = "SELECT kind, priority, run_at FROM jobs INDEXED BY jobs_ready WHERE state = 'ready'"
        let end = "ORDER BY kind, priority, run_at LIMIT 1"
        var row: Row?
        if let last {
            row = try first("\(start) AND kind = ? AND priority > ? \(end)", [last.kind.rawValue, last.priority])
        }
        return try (row ?? first("\(start) AND kind > ? \(end)", [last?.kind.rawValue ?? ""])).map {
            ReadyGroup(kind: JobKind($0[0]), priority: $0[1], runAt: Timestamp(milliseconds: $0[2]))
        }
    }

    /// The states and kinds that there are, found by a leap through the index for each.
    func groups(of filter: JobFilter) throws -> [(JobState, JobKind)] {
        var groups: [(JobState, JobKind)] = []
        for state in filter.state.map({ [$0] }) ?? JobState.allCases {
            if let kind = filter.kind {
                groups.append((state, kind))
                continue
            }
            var kind = ""
            while let next = try first(
                "SELECT kind FROM jobs INDEXED BY jobs_state WHERE state = ? AND kind > ? ORDER BY kind LIMIT 1",
                [state.rawValue, kind]
            ) {
                kind = next[0]
                groups.append((state, JobKind(kind)))
            }
        }
        return groups
    }

    private func jobs(at path: BucketPath, _ filter: JobFilter, before: Int64, limit: Int) throws -> [Job] {
        try all(
            """
            SELECT \(Job.columns) FROM jobs INDEXED BY jobs_file
            WHERE file IN (SELECT id FROM files WHERE path = ?) AND id < ?
                AND state = coalesce(?, state) AND kind = coalesce(?, kind)
            ORDER BY id DESC LIMIT ?
            """,
            [path.column, before, filter.state?.rawValue, filter.kind?.rawValue, limit]
        ).map(Job.init(row:))
    }
}
