import Digests
import SystemPackage

struct Verification: Sendable {
    let server: Server
    /// A directory with its slash, or empty.
    let prefix: String
    let isQuiet: Bool

    /// Compares a folder of this machine with the server's directory.
    func compare(_ folder: String) async throws(ClientError) -> VerifyOutcome {
        guard FileKind(FilePath(folder))?.isDirectory == true else {
            throw ClientError(.usage, "\(VisibleText(folder)) is no folder of this machine.")
        }
        var outcome = VerifyOutcome()
        // All that is in it, without its own name.
        let plan = try UploadPlan([folder + "/."], to: prefix)
        for skipped in plan.skipped {
            Console.complain("\(VisibleText(skipped.source)): skipped: it is \(skipped.kind)")
        }
        for failure in plan.failures { fail(failure.source, failure.error, &outcome) }
        var local: [String: PutItem] = [:]
        for item in plan.items { local[item.name] = item }
        try await forEachFile { entry throws(ClientError) in
            guard let item = local.removeValue(forKey: entry.filename) else {
                note(entry.filename, .extra, &outcome)
                return
            }
            do throws(ClientError) {
                note(entry.filename, try finding(entry, item), &outcome)
            } catch {
                fail(entry.filename, error, &outcome)
            }
        }
        for name in local.keys.sorted() { note(name, .missing, &outcome) }
        return outcome
    }

    /// Reads every file of the server's directory.
    func readBack() async throws(ClientError) -> VerifyOutcome {
        var outcome = VerifyOutcome()
        try await forEachFile { entry throws(ClientError) in
            do throws(ClientError) {
                if let finding = try await readBack(entry) { note(entry.filename, finding.problem, &outcome) }
            } catch {
                fail(entry.filename, error, &outcome)
            }
        }
        return outcome
    }

    private func forEachFile(_ body: (FileEntry) async throws(ClientError) -> Void) async throws(ClientError) {
        var pages = FileListing(server: server, prefix: prefix).makeAsyncIterator()
        while let page = try await pages.next() {
            for entry in page { try await body(entry) }
        }
    }

    /// Nil if the two are the same.
    private func finding(_ entry: FileEntry, _ item: PutItem) throws(ClientError) -> VerifyOutcome.Finding? {
        guard entry.corrupt != true, !entry.isChanged, entry.size == item.size else { return .different }
        guard let recorded = entry.sha256 else { return .noDigest }
        guard let file = try SourceFile(item.source) else { return nil }
        return try file.wholeDigest().hex == recorded ? nil : .different
    }

    private struct ReadBack {
        var problem: VerifyOutcome.Finding?
    }

    /// Nil if somebody took the file meanwhile, as watchers may.
    private func readBack(_ entry: FileEntry) async throws(ClientError) -> ReadBack? {
        guard let url = server.address.url(of: entry.url, below: "files") else {
            throw ClientError(.unexpected, "The server's listing names no file.")
        }
        let sink = DownloadSink(into: nil)
        do throws(ClientError) {
            try await Download(server: server, url: url).run(into: sink)
        } catch {
            switch error.code {
            case .refused(404): return nil
            case .mismatch: return ReadBack(problem: .different)
            default: throw error
            }
        }
        // It may have been replaced since it was listed: then its own digest counts, which was compared.
        if sink.claimed != nil { return ReadBack(problem: nil) }
        guard let recorded = entry.sha256 else {
            return ReadBack(problem: entry.corrupt == true || entry.isChanged ? .different : .noDigest)
        }
        return ReadBack(problem: sink.received.hex == recorded ? nil : .different)
    }

    private func note(_ name: String, _ finding: VerifyOutcome.Finding?, _ outcome: inout VerifyOutcome) {
        outcome.add(name, finding)
        if let finding, !isQuiet { Console.print("\(finding.rawValue)\t\(VisibleText(name))") }
    }

    private func fail(_ name: String, _ error: ClientError, _ outcome: inout VerifyOutcome) {
        outcome.add(name, .failed)
        Console.complain(of: name, error)
    }
}
