import HTTPTypes
import Outbound
import StructuredFields

/// Resumable Uploads for HTTP (draft-ietf-httpbis-resumable-upload).
extension FileUpload {
    private static let version = "8"

    func resumable(_ file: SourceFile) async throws(ClientError) -> PutResult {
        let record = unfinished?.record(
            of: item.name,
            on: server.address,
            identity: file.identity,
            isNew: options.isNew
        )
        if let stale = record?.stale { await remove(stale) }
        var upload = ResumableUpload(size: file.size, resource: record?.resource)
        if upload.resource == nil { moved(0) }
        var schedule = RetrySchedule(limit: options.retries)
        while true {
            do throws(ClientError) {
                if let response = try await step(&upload, file, record, &schedule) {
                    let own = try file.wholeDigest()
                    record?.remove()
                    try StoredAnswer(response).require(own)
                    moved(file.size)
                    return result(own, size: file.size)
                }
            } catch {
                try await settle(error, &upload, record, &schedule)
            }
        }
    }

    /// One request; the answer to the one that completes the upload.
    private func step(
        _ upload: inout ResumableUpload,
        _ file: SourceFile,
        _ record: UnfinishedUpload?,
        _ schedule: inout RetrySchedule
    ) async throws(ClientError) -> ClientResponse? {
        switch upload.action {
        case .create:
            let resource = try await create(size: file.size)
            upload.created(resource)
            try record?.save(resource)
        case .ask(let resource):
            let (offset, isComplete) = try await ask(resource)
            if upload.told(offset, isComplete: isComplete) { schedule.reset() }
            moved(offset)
            if offset > 0, !isComplete { await report(.resumed(item.name, offset)) }
        case .send(let resource, let offset):
            try file.hash(upTo: offset)
            return try await append(to: resource, at: offset, content: FileContent(file, from: offset, moved: moved))
        case .collect(let resource):
            return try await append(to: resource, at: file.size, content: BytesContent([]))
        }
        return nil
    }

    /// What becomes of the upload after a failure; throws the error if that is the end of it.
    private func settle(
        _ error: ClientError,
        _ upload: inout ResumableUpload,
        _ record: UnfinishedUpload?,
        _ schedule: inout RetrySchedule
    ) async throws(ClientError) {
        let wasAsking = if case .ask = upload.action { true } else { false }
        switch error.code {
        case .refused(401) where wasAsking && upload.resource?.contains("ticket=") == false,
            .refused(403) where wasAsking && upload.resource?.contains("ticket=") == false:
            // Whoever shows the right token later may go on.
            throw error
        case .refused(404), .refused(410),
            // What an earlier run has left may be somebody else's by now, or its ticket revoked.
            .refused(400...499) where wasAsking && !error.isTransient && upload.resource != nil:
            // The record stays until there is another upload: it may have been a proxy that answered.
            guard upload.resource != nil, upload.lost() else { throw error }
        case .refused(409) where error.rule?.hasSuffix("mismatching-upload-offset") == true:
            upload.interrupted()
            var transient = error
            transient.isTransient = true
            try await pause(&schedule, after: transient)
        case _ where wasAsking && !error.isTransient:
            // An answer of somebody else's, such as a network's login page, says nothing of the upload.
            throw error
        case .noAnswer, .refused:
            guard error.isTransient else {
                await abandon(upload, record, because: error)
                throw error
            }
            upload.interrupted()
            do throws(ClientError) {
                try await pause(&schedule, after: error)
            } catch {
                throw upload.resource == nil || record == nil ? error : error.sayingThatItIsKept
            }
        default:
            await abandon(upload, record, because: error)
            throw error
        }
    }

    private func create(size: Int64) async throws(ClientError) -> String {
        var fields = fields()
        fields[.uploadDraftInteropVersion] = Self.version
        fields[.uploadComplete] = "?0"
        fields[.uploadLength] = String(size)
        let response = try await server.send(
            .put,
            server.url(ofFile: item.name),
            fields: fields,
            content: BytesContent([])
        )
        guard let location = response.fields[.location],
            let resource = server.address.url(of: location, below: "uploads")
        else { throw ClientError(.unexpected, "The server did not begin an upload that can be resumed.") }
        return resource
    }

    private func ask(_ resource: String) async throws(ClientError) -> (offset: Int64, isComplete: Bool) {
        let response = try await server.send(.head, resource, fields: [.uploadDraftInteropVersion: Self.version])
        guard let offset = response.fields[.uploadOffset].flatMap(StructuredValue.init(field:))?.integer,
            let isComplete = response.fields[.uploadComplete].flatMap(StructuredValue.init(field:))?.boolean
        else { throw ClientError(.unexpected, "The server does not say how much of the upload is there.") }
        return (offset, isComplete)
    }

    private func append(
        to resource: String,
        at offset: Int64,
        content: any RequestContent
    ) async throws(ClientError) -> ClientResponse {
        let fields: HTTPFields = [
            .uploadDraftInteropVersion: Self.version, .uploadComplete: "?1", .uploadOffset: String(offset),
            .contentType: "application/partial-upload",
        ]
        return try await server.send(.patch, resource, fields: fields, content: content)
    }

    /// What is of no more use is removed, on the server too; who may not now may later.
    private func abandon(_ upload: ResumableUpload, _ record: UnfinishedUpload?, because error: ClientError) async {
        guard let resource = upload.resource else {
            // What an earlier run has left may still be gone on with.
            if record?.isEmpty == true { record?.remove() }
            return
        }
        switch error.code {
        case .refused(401), .refused(403), .refused(507): return
        default: break
        }
        record?.remove()
        await remove(resource)
    }

    /// The server removes it anyway when its time has come, so that a failure is none of ours.
    private func remove(_ resource: String) async {
        _ = try? await server.send(.delete, resource, fields: [.uploadDraftInteropVersion: Self.version])
    }
}

extension ClientError {
    fileprivate var sayingThatItIsKept: ClientError {
        var error = ClientError(
            code,
            "\(message) What was sent is kept: the same command goes on with it.",
            cause: cause
        )
        error.isTransient = isTransient
        return error
    }
}
