import Glibc
import IngestTesting
import SystemPackage

/// A client that changes files of its own on a logged disk and keeps the history.
struct DiskClient {
    let number: Int
    let daemon: DaemonProcess
    let disk: LoggedDisk
    let history: UploadHistory

    /// New files in new directories, forms of three files, replacements and removals, in turn.
    ///
    /// Returns the statuses of refusals.
    func run(_ turns: Range<Int>) async throws -> [Int] {
        let client = try await LoopbackClient.connect(to: daemon.address, timeout: .seconds(60))
        defer { client.close() }
        var refusals: [Int] = []
        for turn in turns {
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
        return try await send([name: bytes]) { try await client.request("PUT", "/files/\(name)", body: bytes) }
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
            )
        }
    }

    func remove(_ name: String, by client: LoopbackClient) async throws -> Int {
        try await send([name: nil]) { try await client.request("DELETE", "/files/\(name)") }
    }

    private func send(_ files: [String: [UInt8]?], _ request: () async throws -> Reply) async throws -> Int {
        history.asks(number, for: files)
        let status = try await request().status
        if (200..<300).contains(status) {
            history.acknowledge(number, at: try disk.position())
        }
        return status
    }
}
