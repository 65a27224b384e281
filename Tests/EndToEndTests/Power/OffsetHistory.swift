import IngestTesting
import Threading

/// What clients were told of uploads of several requests, and where the disk's log stood when they had read it.
final class OffsetHistory: Sendable {
    struct Upload: Sendable {
        let client: ResumableClient
        /// By the log's position.
        fileprivate(set) var told: [(position: Int64, offset: Int)] = []
        /// Before its removal was asked for, and when that was acknowledged.
        fileprivate(set) var removal: (asked: Int64, acknowledged: Int64?)?
    }

    /// What a disk that was cut must hold of one upload.
    struct Promise: Sendable {
        let client: ResumableClient
        /// At least.
        let offset: Int
        let mayBeGone: Bool
        let mustBeGone: Bool
    }

    /// By path.
    private let uploads = Locked<[String: Upload]>([:])

    /// An answer to the client was read, and then the log's position.
    func tell(_ client: ResumableClient, at position: Int64) {
        guard let path = client.upload else { return }
        uploads.withLock { uploads in
            let told = uploads[path]?.told ?? []
            uploads[path] = Upload(client: client, told: told + [(position, client.acknowledged)])
        }
    }

    func asksForRemoval(_ path: String, at position: Int64) {
        uploads.withLock { $0[path]?.removal = (position, nil) }
    }

    func acknowledgeRemoval(_ path: String, at position: Int64) {
        uploads.withLock { $0[path]?.removal?.acknowledged = position }
    }

    func promises(at position: Int64) -> [Promise] {
        uploads.withLock { uploads in
            uploads.values.compactMap { upload in
                guard let last = upload.told.last(where: { $0.position <= position }) else { return nil }
                return Promise(
                    client: upload.client,
                    offset: last.offset,
                    mayBeGone: upload.removal.map { $0.asked <= position } ?? false,
                    mustBeGone: upload.removal?.acknowledged.map { $0 <= position } ?? false
                )
            }
        }
    }
}

extension OffsetHistory.Promise {
    /// What is wrong with the upload on a daemon that serves the disk; brings it to its end.
    func broken(on daemon: DaemonProcess) async throws -> [String] {
        guard let path = client.upload else { return [] }
        let reply = try await daemon.send(client.dialect.query(path))
        guard (200..<300).contains(reply.status), let told = reply["Upload-Offset"].flatMap({ Int($0) }) else {
            return mayBeGone && reply.status == 404 ? [] : ["upload \(client.name): \(reply.status)"]
        }
        guard !mustBeGone else { return ["upload \(client.name) was removed and is there"] }
        guard (offset...client.content.count).contains(told) else {
            return ["upload \(client.name): offset \(told) after \(offset)"]
        }
        let rest = client.dialect.append(client.content[told...], to: path, at: told, of: client.content.count)
        let status = try await daemon.send(rest).status
        guard (200..<300).contains(status) else { return ["upload \(client.name): \(status) to its rest"] }
        let isRight = try daemon.directory.read("bucket/\(client.name)") == client.content
        return isRight ? [] : ["upload \(client.name): wrong bytes"]
    }
}
