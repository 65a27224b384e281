import GRDB
package import Ingest

extension LedgerDatabase: FileAdoption {
    package func skipNumbers(through number: Int64) async throws {
        try await writer.perform { try $0.skipNumbers(through: number) }
    }

    package func adopt(_ files: [AdoptedFile]) async throws -> Int {
        try await writer.perform { try $0.adopt(files) }
    }
}

extension LedgerTransaction {
    /// https://www.sqlite.org/autoinc.html: rows of `sqlite_sequence` may be changed and added.
    func skipNumbers(through number: Int64) throws {
        for table in ["files", "jobs", "events"] {
            let isThere = try reader.first("SELECT 1 FROM sqlite_sequence WHERE name = ?", [table]) != nil
            try execute(
                isThere
                    ? "UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?"
                    : "INSERT INTO sqlite_sequence(seq, name) VALUES (?, ?)",
                [number, table]
            )
        }
    }

    func adopt(_ files: [AdoptedFile]) throws -> Int {
        var adopted: [FileID] = []
        for file in files {
            let (holder, publishing, _) = try reader.holders(of: file.path)
            guard file.supplants.isSuperset(of: [holder, publishing].compactMap(\.self)) else { continue }
            if let publishing { try markGone([publishing], keepingJobsOf: []) }
            let generation = try claimName(file.path, replacing: nil, keepingJobsOf: [])
            let new = NewFile(
                path: file.path,
                upload: .random(),
                identity: file.identity,
                digest: file.digest,
                contentType: nil,
                originalName: nil,
                replaces: nil
            )
            let record = try insert(new, generation: generation, createdAt: file.uploadedAt)
            for job in planner.jobs(for: new) {
                try insert(job, for: record.id, path: record.path, state: .blocked)
            }
            adopted.append(record.id)
        }
        try publish(adopted)
        return adopted.count
    }
}
