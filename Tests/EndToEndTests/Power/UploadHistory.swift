import Threading

/// What clients asked for, in the order of each, and where the disk's log stood when they had read the answer.
///
/// No two clients use the same name, and each waits for an answer before it asks for more.
final class UploadHistory: Sendable {
    /// One request.
    struct Change: Sendable {
        /// What it asked to be under each name; nil: nothing.
        let files: [String: [UInt8]?]
        fileprivate(set) var acknowledged: Int64?
    }

    private let clients = Locked<[Int: [Change]]>([:])

    /// A client's request is about to be sent.
    func asks(_ client: Int, for files: [String: [UInt8]?]) {
        clients.withLock { $0[client, default: []].append(Change(files: files)) }
    }

    /// The client has read a 2xx to its last request, and then the log's position.
    func acknowledge(_ client: Int, at position: Int64) {
        clients.withLock { clients in
            guard let last = clients[client]?.indices.last else { return }
            clients[client]?[last].acknowledged = position
        }
    }

    /// Nothing may ever be seen of the client's last request.
    func withdraw(_ client: Int) {
        clients.withLock { clients in
            guard let last = clients[client]?.last, last.acknowledged == nil else { return }
            clients[client]?.removeLast()
        }
    }

    /// A restart has decided what became of requests that were not acknowledged.
    func settle(as found: [String: [UInt8]]) {
        clients.withLock { clients in
            for (client, changes) in clients {
                guard let last = changes.last, last.acknowledged == nil else { continue }
                let files = Dictionary(uniqueKeysWithValues: last.files.keys.map { ($0, found[$0]) })
                clients[client]?[changes.count - 1] = Change(files: files, acknowledged: 0)
            }
        }
    }

    /// What a disk that was cut at a position of its log must hold.
    func promises(at position: Int64) -> Promises {
        clients.withLock { clients in
            var promises = Promises()
            for changes in clients.values {
                let kept = changes.prefix { $0.acknowledged.map { $0 <= position } ?? false }
                promises.acknowledged += kept.count
                for change in kept {
                    promises.files.merge(change.files) { $1 }
                }
                if let open = changes.dropFirst(kept.count).first {
                    promises.open.append(open.files)
                }
            }
            return promises
        }
    }

    /// What was acknowledged, by name, and the requests of which nobody knew.
    struct Promises: Sendable {
        /// Of requests.
        var acknowledged = 0
        var files: [String: [UInt8]?] = [:]
        /// One a client at most: each is there whole, or not at all.
        var open: [[String: [UInt8]?]] = []
    }
}
