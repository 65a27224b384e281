import Digests
import FoundationEssentials
import HTTPTypes
import Outbound

/// The upload of one file, until it is stored or cannot be.
struct FileUpload: Sendable {
    let item: PutItem
    let server: Server
    let options: PutOptions
    let unfinished: UnfinishedUploads?
    let report: @Sendable (PutEvent) async -> Void
    let moved: @Sendable (Int64) -> Void

    func run() async throws(ClientError) -> PutResult {
        guard let file = try SourceFile(item.source) else { return try await standardInput() }
        guard file.size <= options.resumableFrom else { return try await resumable(file) }
        return try await whole(try file.bytes())
    }

    /// The fields of the request that creates the file.
    func fields() -> HTTPFields {
        var fields: HTTPFields = [.wantReprDigest: "sha-256=10"]
        fields[.contentType] = options.contentType ?? ContentTypes.type(of: item.name)
        fields[.ifNoneMatch] = options.isNew ? "*" : nil
        return fields
    }

    func result(_ digest: Digest, size: Int64) -> PutResult {
        PutResult(source: item.source.description, filename: item.name, size: size, sha256: digest.hex)
    }

    /// One request.
    ///
    /// The server compares the digest before anything appears; the key has it answer as before if the answer to an attempt
    /// was lost.
    func whole(_ bytes: [UInt8]) async throws(ClientError) -> PutResult {
        var digest = StreamingDigest(.sha256)
        digest.update(bytes[...])
        let own = digest.finalize()
        var fields = fields()
        fields[.reprDigest] = own.fieldMember
        fields[.idempotencyKey] = "\"\(UUID().uuidString)\""
        var schedule = RetrySchedule(limit: options.retries)
        while true {
            do throws(ClientError) {
                moved(0)
                let content = BytesContent(bytes)
                let response = try await server.send(
                    .put,
                    server.url(ofFile: item.name),
                    fields: fields,
                    content: content
                )
                try StoredAnswer(response).require(own)
                moved(Int64(bytes.count))
                return result(own, size: Int64(bytes.count))
            } catch {
                try await pause(&schedule, after: error)
            }
        }
    }

    /// Waits for the moment of the next attempt; throws the error if there is to be none.
    func pause(_ schedule: inout RetrySchedule, after error: ClientError) async throws(ClientError) {
        guard error.isTransient, let pause = schedule.pause(retryAfter: error.retryAfter) else { throw error }
        await report(.waiting(item.name, error, pause))
        do {
            try await Task.sleep(for: pause)
        } catch {
            throw ClientError(.noAnswer, "Cancelled.")
        }
    }
}
