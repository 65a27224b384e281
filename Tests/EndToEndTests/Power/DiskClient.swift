import Glibc
import IngestTesting
import SystemPackage

/// A client that changes files of its own on a logged disk and keeps the history.
struct DiskClient {
    let number: Int
    let daemon: DaemonProcess
    let disk: LoggedDisk
    let history: UploadHistory
    var offsets = OffsetHistory()

    /// New files in new directories, forms of three files, replacements and removals, in turn; and beside them uploads of
    /// several requests, of which some are removed and the last one stays unfinished.
    ///
    /// Returns the statuses of refusals.
    func run(_ turns: Range<Int>) async throws -> [Int] {
        let client = try await LoopbackClient.connect(to: daemon.address, timeout: .seconds(60))
        defer { client.close() }
        var refusals: [Int] = []
        var upload: ResumableClient?
        for turn in turns {
            let piece = try await goOn(&upload, turn)
            if !(200..<300).contains(piece) { refusals.append(piece) }
            let status =
                switch turn % 6 {
                case 0: try await put("c\(number)/d\(turn)/new", size: 20_000, by: client)
                case 1: try await form("c\(number)-\(turn)-", by: client)
                case 2: try await put("c\(number)-own", size: 5_000, by: client)
                case 3: try await put("c\(number)/n\(turn)", size: turn == 3 ? 400_000 : 20_000, by: client)
                // Of every second form, all files again.
                case 4 where turn % 12 == 4: try await form("c\(number)-\(turn - 3)-", by: client)
                case 4: try await remove("c\(number)-\(turn - 3)-1", by: client)
                default: try await remove("c\(number)/d\(turn - 5)/new", by: client)
                }
            if !(200..<300).contains(status) { refusals.append(status) }
        }
        return refusals
    }

    /// Begins an upload of several requests, sends a piece of it, ends it or removes it.
    private func goOn(_ upload: inout ResumableClient?, _ turn: Int) async throws -> Int {
        guard var client = upload else {
            let content = Content(seed: .random(in: .min ... .max), size: 50_000).bytes
            let dialect = UploadDialect.allCases[(turn + number) % UploadDialect.allCases.count]
            var client = ResumableClient(dialect, name: "c\(number)-r\(turn)", content: content)
            let begun = turn % 2 == 0 ? 0 : 10_000
            let status = try await send([:]) { try await client.begin(with: begun, on: daemon) }
            offsets.tell(client, at: try disk.position())
            upload = client
            return status
        }
        let path = client.upload ?? ""
        if turn % 5 == 3 {
            offsets.asksForRemoval(path, at: try disk.position())
            let status = try await send([:]) { try await client.terminate(on: daemon) }
            offsets.acknowledgeRemoval(path, at: try disk.position())
            upload = nil
            return status
        }
        let isLast = client.acknowledged > 20_000
        let files = isLast ? [client.name: Optional(client.content)] : [:]
        let status = try await send(files) { try await client.append(isLast ? .max : 15_000, on: daemon) }
        offsets.tell(client, at: try disk.position())
        upload = isLast ? nil : client
        return status
    }

    /// Uploads until the ledger's log begins anew in the same file: its syncs are no business of the filesystem's journal
    /// then, which no longer makes renames safe by the way.
    func fillLedgerLog() async throws {
        let client = try await LoopbackClient.connect(to: daemon.address, timeout: .seconds(60))
        defer { client.close() }
        var size: Int64 = -1
        while size != (try ledgerLogSize()) {
            size = try ledgerLogSize()
            guard try await put("c\(number)-own", size: 100, by: client) < 300 else { throw DiskError("refused") }
            // Alone in its transaction.
            try await daemon.settleJobs()
        }
    }

    private func ledgerLogSize() throws -> Int64 {
        var status = stat()
        guard stat("\(daemon.state)/ledger.sqlite-wal", &status) == 0 else { throw Errno(rawValue: errno) }
        return Int64(status.st_size)
    }

    func put(_ name: String, size: Int, by client: LoopbackClient) async throws -> Int {
        let bytes = Content.random(maxSize: size).bytes
        return try await send([name: bytes]) { try await client.request("PUT", "/files/\(name)", body: bytes).status }
    }

    func form(_ prefix: String, by client: LoopbackClient) async throws -> Int {
        let files = (0..<3).map { (name: "\(prefix)\($0)", content: Content.random(maxSize: 10_000).bytes) }
        let form = FormBody(files: files)
        return try await send(Dictionary(uniqueKeysWithValues: files.map { ($0.name, $0.content) })) {
            try await client.request(
                "POST",
                "/files",
                headers: [("Content-Type", form.contentType)],
                body: form.bytes
            ).status
        }
    }

    func remove(_ name: String, by client: LoopbackClient) async throws -> Int {
        try await send([name: nil]) { try await client.request("DELETE", "/files/\(name)").status }
    }

    private func send(_ files: [String: [UInt8]?], _ request: () async throws -> Int) async throws -> Int {
        history.asks(number, for: files)
        let status = try await request()
        if (200..<300).contains(status) {
            history.acknowledge(number, at: try disk.position())
        }
        return status
    }
}
