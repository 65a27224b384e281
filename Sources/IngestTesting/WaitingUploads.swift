import SystemPackage

/// Uploads of several requests whose clients have gone after some bytes.
package struct WaitingUploads: Sendable {
    /// Bytes of each that came with its creation.
    private static let begun = 4096
    private static let length = 1 << 20
    /// Clients at a time.
    private static let clients = 64
    /// Of so many one client is cut off in another request.
    private static let cutShort = 8

    package let paths: [String]

    /// Returns when all wait.
    package static func begin(_ count: Int, on daemon: DaemonProcess) async throws -> Self {
        let paths = try await withThrowingTaskGroup(of: String.self) { group in
            var paths: [String] = []
            for number in 0..<count {
                if number >= clients, let path = try await group.next() { paths.append(path) }
                group.addTask { try await begin(number, on: daemon) }
            }
            for try await path in group { paths.append(path) }
            return paths
        }
        return Self(paths: paths)
    }

    private static func begin(_ number: Int, on daemon: DaemonProcess) async throws -> String {
        let dialect = UploadDialect.allCases[number % UploadDialect.allCases.count]
        let content = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: begun)
        let client = try await LoopbackClient.connect(to: daemon.address, timeout: .seconds(120))
        defer { client.close() }
        let creation = dialect.creation(of: "waiting-\(number)", length: length, content: content[...])
        let reply = try await client.request(creation.method, creation.target, headers: creation.fields, body: content)
        guard let path = reply["Location"].flatMap(UploadDialect.path(ofLocation:)) else {
            throw LoopbackError(.closed, "no upload was begun: \(reply.status)")
        }
        guard number % cutShort == 0 else { return path }
        let more = dialect.append([], to: path, at: begun, of: length)
        let head = LoopbackClient.head(more.method, more.target, headers: more.fields, length: length - begun)
        try await client.send(head)
        try await client.send(content)
        let file = daemon.state.appending("spool").appending(path.split(separator: "/").last.map(String.init) ?? "")
        while try size(of: file) < 2 * begun { await Task.yield() }
        return path
    }

    private static func size(of file: FilePath) throws -> Int64 {
        let descriptor = try FileDescriptor.open(file, .readOnly, options: .closeOnExec)
        return try descriptor.closeAfter { try descriptor.seek(offset: 0, from: .end) }
    }

    /// Those of which the daemon does not tell what it was sent.
    package func lost(by daemon: DaemonProcess) async throws -> [String] {
        var lost: [String] = []
        for path in paths {
            let query = UploadDialect.tus.query(path)
            let reply = try await LoopbackClient.request(
                query.method,
                query.target,
                to: daemon.address,
                headers: query.fields,
                timeout: .seconds(120)
            )
            let offset = reply["Upload-Offset"].flatMap { Int($0) } ?? 0
            if ![Self.begun, 2 * Self.begun].contains(offset) { lost.append("\(path): \(reply.status), \(offset)") }
        }
        return lost
    }
}
