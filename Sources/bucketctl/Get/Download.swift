import Digests
import HTTPTypes
import Outbound

/// Reads one file of the server, and goes on where a lost connection left it.
struct Download: Sendable {
    let server: Server
    let url: String
    var retries = 5
    /// Told of each pause.
    var waiting: @Sendable (ClientError, Duration) -> Void = { _, _ in }

    /// Returns once all of it is in the sink, and is what the server says it is.
    ///
    /// Throws `.mismatch` if it is not, `.unexpected` if the server ended it before the whole was there.
    func run(into sink: DownloadSink) async throws(ClientError) {
        var schedule = RetrySchedule(limit: retries)
        var position: Int64 = 0
        while true {
            do throws(ClientError) {
                _ = try await server.send(.get, url, fields: sink.range, to: sink)
                break
            } catch {
                if error.code == .refused(416), sink.position > 0 {
                    sink.beginAnew()
                } else if !error.isTransient {
                    throw error
                } else if sink.isWhole {
                    break
                }
                if sink.position > position { schedule.reset() }
                position = sink.position
                guard let pause = schedule.pause(retryAfter: error.retryAfter) else { throw error }
                waiting(error, pause)
                do {
                    try await Task.sleep(for: pause)
                } catch {
                    throw ClientError(.noAnswer, "Cancelled.")
                }
            }
        }
        guard !sink.isCut else {
            throw ClientError(.unexpected, "The server sent \(sink.position) bytes, which is not all of the file.")
        }
        if let claimed = sink.claimed, claimed != sink.received {
            throw ClientError(
                .mismatch,
                "What came has SHA-256 \(sink.received.hex), and the file's is \(claimed.hex)."
            )
        }
    }
}
