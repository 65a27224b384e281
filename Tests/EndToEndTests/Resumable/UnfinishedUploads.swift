import IngestTesting
import Testing
import Threading

/// Uploads of several requests that clients have under way, over all lives of a daemon.
final class UnfinishedUploads: Sendable {
    private let clients = Locked<[String: ResumableClient]>([:])
    private let resumed = Locked(0)

    /// How many went on with another daemon than the one before.
    var resumedCount: Int { resumed.withLock { $0 } }

    /// What the client `key` has under way.
    subscript(key: String) -> ResumableClient? {
        get { clients.withLock { $0[key] } }
        set { clients.withLock { $0[key] = newValue } }
    }

    func countResumption() {
        resumed.withLock { $0 += 1 }
    }

    /// Brings all of them to their end.
    func finish(on daemon: DaemonProcess, _ register: UploadRegister) async throws {
        for var client in clients.withLock({ Array($0.values) }) where client.upload != nil {
            let place: Comment = "\(client.name)"
            guard try await client.ask(daemon, place) else {
                Issue.record("\(place): the upload is lost")
                continue
            }
            let content = try #require(Content(whole: client.content))
            register.sending([client.name: content])
            let status = try await client.append(on: daemon)
            #expect(status == client.dialect.status(ofAppendThatIsLast: true), place)
            register.acknowledge([client.name: content])
        }
        clients.withLock { $0 = [:] }
    }
}
